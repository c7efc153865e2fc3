import { checkText } from './check-text.ts';
import { composeYaml } from './compose.ts';
import { DATABASE_KEYS } from './database-keys.ts';
import { describeBadUrl, isPostgresUrl } from './postgres-url.ts';
import { ProblemLog } from './problem-log.ts';
import { readTree } from './read-tree.ts';
import type { Tree } from './read-tree.ts';
import { DatabaseSettings } from './settings.ts';
import type { DatabasePoolOptions, Settings } from './settings.ts';
import { SourceText } from './source-text.ts';
import type { Environment } from './substitute.ts';
import { DATABASE_PATH, validate } from './validate.ts';

/** What {@link parseSettings} needs to know beside the text. */
export interface ParseSettingsOptions {
  /**
   * How the file is called in messages and origins.
   * @default 'settings.yaml'
   */
  readonly file?: string;
  /**
   * Variables for `${VAR}` and for `DATABASE_URL`.
   * @default {} — nothing is read behind your back; pass `process.env`.
   */
  readonly env?: Environment;
}

/**
 * Settings from the text of a settings file. An empty text means all defaults.
 *
 * Pure: it reads no file and no environment but `options.env`. A syntax error is told alone, since what follows it
 * cannot be trusted; of everything else, all problems at once.
 *
 * @throws {@link SettingsError} (`LG_INVALID_SETTINGS`) with every problem's line
 * @example
 * const { database } = parseSettings('providers: { database: { pool_size: 5 } }', { env: process.env });
 * database.pool.size; // 5
 */
export function parseSettings(text: string, options: ParseSettingsOptions = {}): Settings {
  const { file = 'settings.yaml', env = {} } = options;
  const source = new SourceText(file, text);
  const log = new ProblemLog(source);
  checkText(source, log);
  const tree = readTree(source, composeYaml(source, log), env, log);
  const values = validate(tree, log);
  const url = findUrl(values, tree, env, log);
  log.throwIfAny();
  return record<Settings>({
    database: new DatabaseSettings(url, poolOptions(values)),
    origins: originsOf(tree, source, url !== undefined),
  });
}

const URL_PATH = [...DATABASE_PATH, 'url'];

/** The URL of the file; where it has none, that of the environment. */
function findUrl(
  values: Readonly<Record<string, unknown>>,
  tree: Tree,
  env: Environment,
  log: ProblemLog,
): string | undefined {
  if (tree.placeOf(URL_PATH) !== undefined) return values['url'] as string | undefined;
  const url = Object.hasOwn(env, 'DATABASE_URL') ? env['DATABASE_URL'] : undefined;
  if (url === undefined || url === '' || isPostgresUrl(url)) return url === '' ? undefined : url;
  const message = `expected ${DATABASE_KEYS['url']?.expected}, got ${describeBadUrl(url)}`;
  log.add({ source: 'env DATABASE_URL', path: URL_PATH, message });
  return undefined;
}

function poolOptions(values: Readonly<Record<string, unknown>>): DatabasePoolOptions {
  const options: Record<string, unknown> = Object.create(null);
  for (const [name, { option }] of Object.entries(DATABASE_KEYS)) {
    if (option !== undefined && values[name] !== undefined) options[option] = values[name];
  }
  return record<DatabasePoolOptions>(options); // The table binds each kind to the type of its option.
}

function originsOf(tree: Tree, source: SourceText, hasUrl: boolean): Readonly<Record<string, string>> {
  const origins: Record<string, string> = Object.create(null);
  for (const name of Object.keys(DATABASE_KEYS)) {
    const path = [...DATABASE_PATH, name];
    const place = tree.placeOf(path);
    if (place === undefined)
      origins[path.join('.')] = name === 'url' && hasUrl ? 'env DATABASE_URL' : 'default';
    else {
      const { line, column } = source.positionAt(place.valueAt);
      const variables = place.variables.length === 0 ? '' : ` (env ${place.variables.join(', ')})`;
      origins[path.join('.')] = `${source.file}:${line}:${column}${variables}`;
    }
  }
  return record(origins);
}

/** Frozen, and without a prototype that a key or a library could have tampered with. */
function record<T extends object>(values: T): Readonly<T> {
  return Object.freeze(Object.assign(Object.create(null), values));
}
