import { TRANSACTION_LIMITS } from './transaction-limits.ts';
import type { LimitsInForce } from './transaction-limits.ts';

/** What is asked of the server when a connection is new. */
export interface SettingsWanted {
  /** Whether the limits of transactions are to be read. */
  readonly limits: boolean;
  /** How often the server shall look whether its client is there while it runs a statement; 0: leave that alone. */
  readonly connectionCheckMs: number;
  /** Whether the interval is set without looking whether the connection is direct: somebody has said that it is. */
  readonly isDirect?: boolean;
}

/** What the server has answered. */
export interface ServerSettings {
  readonly limits: LimitsInForce;
  /** Whether the backend that answered is not the one that has shaken hands: then a pooler stands in between. */
  readonly behindPooler: boolean;
}

const CHECK = 'client_connection_check_interval';
const MS_OF: Readonly<Record<string, number>> = { '': 1, ms: 1, s: 1e3, min: 6e4, h: 3.6e6, d: 8.64e7 };

/**
 * Reads the limits in force, finds out whether a pooler stands in between, and sets how often the server looks for its
 * client, in one round trip. That is set only on a direct connection: behind a pooler the backend that answers is not the
 * one that has shaken hands (`processId`), and what we set for its session would reach others. A setting that the server
 * does not know is left out.
 *
 * Rejects when the server refuses the statement; a server without such a check refuses to set it.
 */
export async function readServerSettings(
  send: (sql: string) => Promise<unknown>,
  processId: number,
  wanted: SettingsWanted,
): Promise<ServerSettings> {
  // A pooler makes up numbers of its own, negative ones too.
  const isDirect = `(pg_catalog.pg_backend_pid() = ${processId})`;
  const columns = [`${isDirect} as is_direct`];
  if (wanted.limits) {
    columns.push(
      ...TRANSACTION_LIMITS.map((name) => `pg_catalog.current_setting('${name}', true) as ${name}`),
    );
  }
  if (wanted.connectionCheckMs > 0)
    columns.push(setCheck(wanted.isDirect === true ? 'true' : isDirect, wanted.connectionCheckMs));
  const { rows } = (await send(`select ${columns.join(', ')}`)) as { rows: Record<string, unknown>[] };
  const [row = {}] = rows;
  const limits = TRANSACTION_LIMITS.map((name) => [name, readDuration(row[name])] as const);
  return {
    limits: Object.fromEntries(limits.filter(([, limitMs]) => limitMs !== undefined)),
    behindPooler: row['is_direct'] === false || row['is_direct'] === 'f',
  };
}

/** Not where somebody has chosen an interval already. */
function setCheck(isDirect: string, intervalMs: number): string {
  const isUnset = `pg_catalog.current_setting('${CHECK}', true) = '0'`;
  const set = `pg_catalog.set_config('${CHECK}', '${intervalMs}', false)`;
  return `case when ${isDirect} and ${isUnset} then ${set} end as ${CHECK}`;
}

/** As PostgreSQL shows durations: `0`, `1500ms`, `2min`. Anything else is not understood, and then left alone. */
export function readDuration(text: unknown): number | undefined {
  const [, count, unit] = /^(\d+)(ms|s|min|h|d|)$/.exec(String(text)) ?? [];
  return count === undefined || unit === undefined ? undefined : Number(count) * (MS_OF[unit] as number);
}
