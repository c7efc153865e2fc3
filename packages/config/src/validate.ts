import { ALERTS_PATH } from './alert-keys.ts';
import { DATABASE_KEYS } from './database-keys.ts';
import { describeType, describeValue } from './describe-value.ts';
import type { ProblemLog } from './problem-log.ts';
import type { Tree } from './read-tree.ts';
import { knownAt, settingsSchema } from './settings-schema.ts';
import { explainUnknownKey } from './unknown-key.ts';

type Path = readonly PropertyKey[];

/** Where the keys of {@link DATABASE_KEYS} stand. */
export const DATABASE_PATH: readonly string[] = ['providers', 'database'];

/** Values of a section by key, checked and converted. */
export type SectionValues = Readonly<Record<string, unknown>>;

/** What `providers.database` and `alerts` say. What is wrong goes to the log. */
export function validate(
  tree: Tree,
  log: ProblemLog,
): Readonly<Record<'database' | 'alerts', SectionValues>> {
  // In words of our own: zod's look for the name of the value's constructor, and `constructor` may be a key of the file.
  const result = settingsSchema.safeParse(tree.value, { error: () => 'not what is expected here' });
  for (const { path, message, ...issue } of result.error?.issues ?? []) {
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) logUnknownKey([...path, key], tree, log);
    } else if (!log.has(path)) logValue(path, message, tree, log);
  }
  checkMinIdle(tree, log);
  // Copies without a prototype, so that nobody's additions to `Object.prototype` are taken for settings.
  const valuesAt = (path: Path): SectionValues =>
    Object.assign(Object.create(null), valueAt(result.data, path));
  return { database: valuesAt(DATABASE_PATH), alerts: valuesAt(ALERTS_PATH) };
}

function logUnknownKey(path: Path, tree: Tree, log: ProblemLog): void {
  // Explaining takes longer than counting, and there may be thousands.
  const explanation = log.isFull ? { message: '' } : explainUnknownKey(path);
  log.add({ offset: tree.placeOf(path)?.keyAt ?? 0, path, aboutKey: true, ...explanation });
}

function logValue(path: Path, otherwise: string, tree: Tree, log: ProblemLog): void {
  const value = valueAt(tree.value, path);
  const { valueAt: offset = 0, variables = [] } = tree.placeOf(path) ?? {};
  const { key, keys } = knownAt(path);
  if (keys !== undefined) {
    const message = `expected a section with keys such as ${keys[0]}, got ${describeType(value)}`;
    log.add({ offset, path, message });
  } else if (key === undefined) log.add({ offset, path, message: otherwise });
  else {
    const suggestion = typeof value === 'object' ? undefined : key.suggest?.(value);
    const origin = variables.length === 0 ? '' : ` (from env ${variables.join(', ')})`;
    const got = key.describe === undefined ? describeValue(value, variables) : key.describe(value) + origin;
    const question = suggestion === undefined ? '' : `, did you mean ${suggestion}?`;
    log.add({ offset, path, message: `expected ${key.expected}, got ${got}${question}`, suggestion });
  }
}

/** Not a check of the schema: zod asks those only when nothing else is wrong. */
function checkMinIdle(tree: Tree, log: ProblemLog): void {
  const read = (name: string) => {
    const path = [...DATABASE_PATH, name];
    return log.has(path) ? undefined : Number(valueAt(tree.value, path) ?? DATABASE_KEYS[name]?.fallback);
  };
  const [idle, size, overflow] = [read('min_idle'), read('pool_size'), read('max_overflow')];
  if (idle === undefined || size === undefined || overflow === undefined || idle <= size + overflow) return;
  const path = [...DATABASE_PATH, 'min_idle'];
  log.add({
    offset: tree.placeOf(path)?.valueAt ?? 0,
    path,
    message: `expected at most pool_size + max_overflow (${size} + ${overflow}), got ${idle}`,
  });
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Readonly<Record<PropertyKey, unknown>>)[part];
  }
  return value;
}
