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
import { DATABASE_PATH, validate } from './validate.ts';

/** What a text says under each key of `providers.database`. */
export interface ReadSettings {
  /** Checked and converted, the URL with its password; of a key that is left out `undefined`. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Of every key there is. */
  readonly origins: ReadonlyMap<string, SettingOrigin>;
}

/** Reads and checks a settings file. Throws `LG_INVALID_SETTINGS` with all that is wrong. */
export function readSettings(text: string, file: string, env: Environment): ReadSettings {
  const source = new SourceText(file, text);
  const log = new ProblemLog(source);
  checkText(source, log);
  const tree = readTree(source, composeYaml(source, log), env, log);
  const values = validate(tree, log);
  const url = findUrl(values, tree, env, log);
  log.throwIfAny();
  return {
    values: Object.assign(Object.create(null), values, { url }),
    origins: originsOf(tree, source, url),
  };
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

function originsOf(tree: Tree, source: SourceText, url: string | undefined): Map<string, SettingOrigin> {
  const origins = new Map<string, SettingOrigin>();
  for (const name of Object.keys(DATABASE_KEYS)) {
    const place = tree.placeOf([...DATABASE_PATH, name]);
    if (place !== undefined) {
      const { variables } = place;
      origins.set(name, {
        kind: 'file',
        file: source.file,
        ...source.positionAt(place.valueAt),
        variables,
      });
    } else if (name === 'url' && url !== undefined)
      origins.set(name, { kind: 'environment', variable: 'DATABASE_URL' });
    else origins.set(name, { kind: 'default' });
  }
  return origins;
}
