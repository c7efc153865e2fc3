import { ALERTS_PATH, ALERT_KEYS } from './alert-keys.ts';
import { checkText } from './check-text.ts';
import { composeYaml } from './compose.ts';
import { DATABASE_KEYS } from './database-keys.ts';
import type { SettingOrigin } from './origin.ts';
import { describeBadUrl, isPostgresUrl } from './postgres-url.ts';
import { ProblemLog } from './problem-log.ts';
import { readTree } from './read-tree.ts';
import type { Tree } from './read-tree.ts';
import { SourceText } from './source-text.ts';
import type { Environment } from './substitute.ts';
import type { TableKey } from './table-key.ts';
import { DATABASE_PATH, validate } from './validate.ts';
import type { SectionValues } from './validate.ts';

/** The sections of a settings file, and what may stand in each. */
export const SECTIONS: readonly {
  readonly path: readonly string[];
  readonly keys: Readonly<Record<string, TableKey>>;
}[] = [
  { path: DATABASE_PATH, keys: DATABASE_KEYS },
  { path: ALERTS_PATH, keys: ALERT_KEYS },
];

/** What a text says: checked and converted, by key; of a key that is left out `undefined`. */
export interface ReadSettings {
  /** The URL with its password. */
  readonly database: SectionValues;
  readonly alerts: SectionValues;
  /** Of every key there is, by its dotted path. */
  readonly origins: ReadonlyMap<string, SettingOrigin>;
}

/** Reads and checks a settings file. Throws `LG_INVALID_SETTINGS` with all that is wrong. */
export function readSettings(text: string, file: string, env: Environment): ReadSettings {
  const source = new SourceText(file, text);
  const log = new ProblemLog(source);
  checkText(source, log);
  const tree = readTree(source, composeYaml(source, log), env, log);
  const { database, alerts } = validate(tree, log);
  const url = findUrl(database, tree, env, log);
  log.throwIfAny();
  return {
    database: Object.assign(Object.create(null), database, { url }),
    alerts,
    origins: originsOf(tree, source, url),
  };
}

const URL_PATH = [...DATABASE_PATH, 'url'];

/** The URL of the file; where it has none, that of the environment. */
function findUrl(values: SectionValues, tree: Tree, env: Environment, log: ProblemLog): string | undefined {
  if (tree.placeOf(URL_PATH) !== undefined) return values['url'] as string | undefined;
  const url = Object.hasOwn(env, 'DATABASE_URL') ? env['DATABASE_URL'] : undefined;
  if (url === undefined || url === '' || isPostgresUrl(url)) return url === '' ? undefined : url;
  const message = `expected ${DATABASE_KEYS['url']?.expected}, got ${describeBadUrl(url)}`;
  log.add({ source: 'env DATABASE_URL', path: URL_PATH, message });
  return undefined;
}

function originsOf(tree: Tree, source: SourceText, url: string | undefined): Map<string, SettingOrigin> {
  const origins = new Map<string, SettingOrigin>();
  for (const { path, keys } of SECTIONS)
    for (const name of Object.keys(keys))
      origins.set([...path, name].join('.'), originOf([...path, name], tree, source));
  const dotted = URL_PATH.join('.');
  if (url !== undefined && origins.get(dotted)?.kind === 'default')
    origins.set(dotted, { kind: 'environment', variable: 'DATABASE_URL' });
  return origins;
}

function originOf(path: readonly string[], tree: Tree, source: SourceText): SettingOrigin {
  const place = tree.placeOf(path);
  if (place === undefined) return { kind: 'default' };
  const { valueAt, variables } = place;
  return { kind: 'file', file: source.file, ...source.positionAt(valueAt), variables };
}
