import type { AdminAction } from '@lifeguard/admin';

/** What the environment has chosen. */
export interface RegisterSettings {
  /** Name of the application; `undefined`: that of its package. */
  readonly name: string | undefined;
  /** Actions that the admin socket takes. */
  readonly allow: readonly AdminAction[];
  /** Milliseconds; `undefined`: the default of a pool. */
  readonly leakThresholdMs: number | undefined;
  /** Whether nothing is written to the log. */
  readonly isQuiet: boolean;
  /** What could not be understood, one sentence each; those variables count as not set. */
  readonly problems: readonly string[];
}

/** All that there are: one that is missing does not compile. The list of the admin package would have to be loaded for it. */
const ACTIONS: Readonly<Record<AdminAction, true>> = {
  evict: true,
  suspend: true,
  resume: true,
  reclaim: true,
  resize: true,
  'terminate-orphans': true,
};

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 };

/** Reads the variables LIFEGUARD_…; never throws. What was not understood is not repeated: it may be anything. */
export function readSettings(env: NodeJS.ProcessEnv): RegisterSettings {
  const problems: string[] = [];
  const read = <T>(
    variable: string,
    expected: string,
    parse: (text: string) => T | undefined,
  ): T | undefined => {
    const text = env[variable]?.trim() ?? '';
    if (text === '') return undefined;
    const value = parse(text);
    if (value === undefined) problems.push(`${variable} is not ${expected}`);
    return value;
  };
  const name = read('LIFEGUARD_NAME', 'a text of 1 to 100 characters', (text) =>
    isShowable(text) ? text : undefined,
  );
  const allow = read('LIFEGUARD_ALLOW', `a list of ${Object.keys(ACTIONS).join(', ')}`, actionsIn);
  const leakThresholdMs = read('LIFEGUARD_LEAK_THRESHOLD', 'a duration such as 30s or 500ms', durationIn);
  const log = read('LIFEGUARD_LOG', 'warn or off', (text) =>
    text === 'warn' || text === 'off' ? text : undefined,
  );
  return Object.freeze({ name, allow: allow ?? [], leakThresholdMs, isQuiet: log === 'off', problems });
}

/** Whether it can name an application. */
export function isShowable(text: string): boolean {
  return /^[^\p{C}\p{Zl}\p{Zp}]{1,100}$/u.test(text);
}

/** One that is misspelt allows nothing: who has written it means to choose. */
function actionsIn(text: string): readonly AdminAction[] | undefined {
  const actions = text.split(',').map((action) => action.trim());
  return actions.every(isAction) ? actions : undefined;
}

function isAction(text: string): text is AdminAction {
  return Object.hasOwn(ACTIONS, text);
}

function durationIn(text: string): number | undefined {
  const [, number, unit = ''] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m)$/.exec(text) ?? [];
  const ms = Number(number) * (UNITS[unit] ?? Number.NaN);
  return ms > 0 ? ms : undefined;
}
