import type { AdminPool, PoolResize } from './admin-pool.ts';

/** What may be done to a pool. Each is refused unless the option `allow` names it. */
export const ADMIN_ACTIONS = [
  'evict',
  'suspend',
  'resume',
  'reclaim',
  'resize',
  'terminate-orphans',
] as const;

/** One of {@link ADMIN_ACTIONS}. */
export type AdminAction = (typeof ADMIN_ACTIONS)[number];

/** The arguments of an action, after they were checked: numbers only. */
export type ActionArguments = Readonly<Record<string, number>>;

/** Whether a text is the name of an action. */
export function isAdminAction(text: string): text is AdminAction {
  return (ADMIN_ACTIONS as readonly string[]).includes(text);
}

/** What runs an action; `undefined` where the pool does not offer it. A fixed table: no name is looked up in the pool. */
export function actionOf(
  pool: AdminPool,
  action: AdminAction,
): ((options: ActionArguments) => unknown) | undefined {
  switch (action) {
    case 'evict':
      return pool.evict && (() => pool.evict?.());
    case 'suspend':
      return pool.suspend && (() => pool.suspend?.());
    case 'resume':
      return pool.resume && (() => pool.resume?.());
    case 'reclaim':
      return pool.reclaim && (() => pool.reclaim?.());
    case 'resize':
      return pool.resize && ((to) => pool.resize?.(to satisfies PoolResize));
    case 'terminate-orphans':
      return pool.terminateOrphans && (() => pool.terminateOrphans?.());
    default:
      return action satisfies never;
  }
}

/** The largest pool that anybody may ask for. */
const MAX_SIZE = 10_000;

type Rule = readonly [least: number, most: number];

const ARGUMENTS: Readonly<Record<AdminAction, Readonly<Record<string, Rule>>>> = {
  evict: {},
  suspend: {},
  resume: {},
  reclaim: {},
  resize: { size: [1, MAX_SIZE], maxOverflow: [0, MAX_SIZE] },
  'terminate-orphans': {},
};

/** What to send in place of a body that was refused. */
export function expectedBody(action: AdminAction): string {
  const names = Object.entries(ARGUMENTS[action]).map(
    ([name, [least, most]]) => `"${name}" (${least} to ${most})`,
  );
  return names.length === 0
    ? 'send {}, or nothing'
    : `send a JSON object with ${names.join(', ')}, or one of them`;
}

/** The arguments in a body, or, as a text, what is wrong with it. Keys that are not known fail. */
export function readArguments(action: AdminAction, body: unknown): ActionArguments | string {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return 'the body must be a JSON object';
  const rules = new Map(Object.entries(ARGUMENTS[action]));
  const known = rules.size === 0 ? 'it takes none' : `it takes ${[...rules.keys()].join(', ')}`;
  const read: [string, number][] = [];
  for (const [key, value] of Object.entries(body) as [string, unknown][]) {
    const rule = rules.get(key);
    // What came is not repeated: nobody knows what is in there.
    if (rule === undefined) return `"${action}" was given an argument it does not have: ${known}`;
    const [least, most] = rule;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most)
      return `"${key}" must be a whole number from ${least} to ${most}`;
    read.push([key, value]);
  }
  if (action === 'resize' && read.length === 0) return `"resize" needs size, maxOverflow, or both`;
  return Object.freeze(Object.fromEntries(read));
}
