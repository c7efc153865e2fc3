import { ALERTS_PATH } from './alert-keys.ts';
import { DATABASE_KEYS } from './database-keys.ts';
import { mayShow } from './describe-value.ts';
import { readSettingsFile } from './load-settings.ts';
import type { LoadSettingsOptions } from './load-settings.ts';
import type { SettingOrigin } from './origin.ts';
import { redactUrl } from './postgres-url.ts';
import { SECTIONS, readSettings } from './read-settings.ts';
import type { TableKey } from './table-key.ts';
import { DATABASE_PATH } from './validate.ts';

/** One setting as it is in force, and who says so. */
export interface ExplainedSetting {
  /** Where in the file it belongs, dotted: `providers.database`. */
  readonly section: string;
  readonly key: string;
  /** The option of the pool that it becomes; `url` and what `alerts` says become none. */
  readonly option: string | undefined;
  /**
   * As it would be written in the file: `30s`, `20`, `true`. `undefined` where nothing says it and `description` has what
   * that means. The password of a URL, and what may be a secret, is `***`.
   */
  readonly value: string | number | boolean | undefined;
  /** What leaving it out means, written in the same way. */
  readonly fallback: string | number | boolean | undefined;
  readonly origin: SettingOrigin;
  readonly description: string;
}

/**
 * What {@link loadSettings} would give, key by key in the order of the README, with where each value comes from and nothing
 * secret in it: for people, and for what is printed.
 *
 * @throws {@link SettingsError} (`LG_INVALID_SETTINGS`) as `loadSettings` does
 * @example
 * const settings = await explainSettings('settings.yaml');
 * settings[2]; // { key: 'pool_size', value: 5, fallback: 20, origin: { kind: 'file', line: 3, … }, … }
 */
export async function explainSettings(
  file: string | URL = 'settings.yaml',
  options: LoadSettingsOptions = {},
): Promise<readonly ExplainedSetting[]> {
  const { text, name, env } = await readSettingsFile(file, options);
  const read = readSettings(text, name, env);
  const values = { [DATABASE_PATH.join('.')]: read.database, [ALERTS_PATH.join('.')]: read.alerts };
  return SECTIONS.flatMap(({ path, keys }) => {
    const section = path.join('.');
    return Object.entries(keys).map(([key, row]) => {
      const origin = read.origins.get(`${section}.${key}`) ?? { kind: 'default' };
      return Object.freeze({
        section,
        key,
        option: section === DATABASE_PATH.join('.') ? DATABASE_KEYS[key]?.option : undefined,
        value: shownValue(row, values[section]?.[key], origin),
        fallback: row.fallback,
        origin: Object.freeze(origin),
        description: row.description,
      });
    });
  });
}

function shownValue(
  { write, describe, fallback }: TableKey,
  value: unknown,
  origin: SettingOrigin,
): ExplainedSetting['value'] {
  if (value === undefined) return fallback;
  if (write !== undefined) return write(value);
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value !== 'string') return '***';
  // What has words of its own for "got …" is never shown as it is.
  if (describe !== undefined) return redactUrl(value);
  return mayShow(value, origin.kind === 'file' ? origin.variables : []) ? value : '***';
}
