import { alertSettings } from './alert-keys.ts';
import { DATABASE_KEYS } from './database-keys.ts';
import { describeOrigin } from './origin.ts';
import type { SettingOrigin } from './origin.ts';
import { readSettings } from './read-settings.ts';
import { DatabaseSettings } from './settings.ts';
import type { DatabasePoolOptions, Settings } from './settings.ts';
import type { Environment } from './substitute.ts';

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
  const { database, alerts, origins } = readSettings(text, file, env);
  return record<Settings>({
    database: new DatabaseSettings(database['url'] as string | undefined, poolOptions(database)),
    alerts: alertSettings(alerts),
    origins: describeAll(origins),
  });
}

function poolOptions(values: Readonly<Record<string, unknown>>): DatabasePoolOptions {
  const options: Record<string, unknown> = Object.create(null);
  for (const [name, { option }] of Object.entries(DATABASE_KEYS)) {
    if (option !== undefined && values[name] !== undefined) options[option] = values[name];
  }
  return record<DatabasePoolOptions>(options); // The table binds each kind to the type of its option.
}

function describeAll(origins: ReadonlyMap<string, SettingOrigin>): Readonly<Record<string, string>> {
  const described: Record<string, string> = Object.create(null);
  for (const [path, origin] of origins) described[path] = describeOrigin(origin);
  return record(described);
}

/** Frozen, and without a prototype that a key or a library could have tampered with. */
function record<T extends object>(values: T): Readonly<T> {
  return Object.freeze(Object.assign(Object.create(null), values));
}
