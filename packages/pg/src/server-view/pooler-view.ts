import { isLifeguardError } from '@lifeguard/core';
import { describeFailure, printable } from '@lifeguard/core/adapter';
import { withOwnClient } from './own-client.ts';
import type { PoolerPool, PoolerView, ServerView } from './server-view.ts';

/** What the console has said, or why it has not. */
export interface PoolerReading {
  readonly pooler: PoolerView | undefined;
  readonly missing: readonly string[];
}

const CONNECT_TIMEOUT_MS = 2_000;
const CONSOLE_TIMEOUT_MS = 2_000;
const MAX_POOLS = 200;
const MAX_SENTENCE = 400;
const MODES: ReadonlySet<unknown> = new Set(['session', 'transaction', 'statement']);

/** Asks the console of a PgBouncer for its pools. Never rejects: what it does not tell is in `missing`. */
export async function readPooler(adminUrl: string): Promise<PoolerReading> {
  const missing: string[] = [];
  const note = (what: string, error: unknown): undefined => {
    missing.push(printable(`pooler: ${what} (${reasonOf(error)})`, MAX_SENTENCE));
  };
  const options = {
    option: 'adminUrl',
    connectionString: adminUrl,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    timeoutMs: CONSOLE_TIMEOUT_MS,
  };
  try {
    const pooler = await withOwnClient(options, async (client) => {
      // Without values pg speaks the simple protocol; the console knows no other.
      const { pools, unreadable } = poolsOf((await client.query('show pools')).rows);
      if (unreadable > 0)
        note('not all pools read', `${unreadable} rows of "show pools" are not as expected`);
      const config = await client.query('show config').then(
        ({ rows }) => rows as readonly unknown[],
        (error: unknown) => note('settings not read', error) ?? [],
      );
      return Object.freeze({ pools, ...sizesOf(config) });
    });
    return { pooler, missing };
  } catch (error) {
    note('its console was not read', error);
    return { pooler: undefined, missing };
  }
}

/** The view with what the console has said; without a console it says what to pass. */
export function withPooler(view: ServerView, reading: PoolerReading | undefined): ServerView {
  const missing = [...view.missing];
  if (view.behindPooler && reading === undefined)
    missing.push(
      'pooler: its queue is not seen; pass adminUrl, the address of its console (postgres://user@host:6432/pgbouncer)',
    );
  missing.push(...(reading?.missing ?? []));
  return Object.freeze({ ...view, pooler: reading?.pooler, missing: Object.freeze(missing) });
}

/** Reads the rows of `SHOW POOLS`, as text or as numbers; the console's own pool is left out. */
export function poolsOf(rows: readonly unknown[]): {
  readonly pools: readonly PoolerPool[];
  /** Rows that are not as expected. */
  readonly unreadable: number;
} {
  const read = rows.map(poolOf);
  const pools = read
    .filter((pool) => pool !== undefined)
    .filter(({ database }) => database !== 'pgbouncer')
    .sort((a, b) => b.maxWaitMs - a.maxWaitMs || b.clientsWaiting - a.clientsWaiting)
    .slice(0, MAX_POOLS);
  return { pools: Object.freeze(pools), unreadable: read.filter((pool) => pool === undefined).length };
}

function poolOf(value: unknown): PoolerPool | undefined {
  const row = (typeof value === 'object' && value !== null ? value : {}) as Readonly<Record<string, unknown>>;
  const { database, user, pool_mode: mode } = row;
  const counts = ['cl_active', 'cl_waiting', 'sv_active', 'sv_idle', 'sv_used', 'maxwait'].map((name) =>
    wholeOf(row[name]),
  );
  if (typeof database !== 'string' || typeof user !== 'string' || counts.includes(undefined))
    return undefined;
  const [active, waiting, serversActive, serversIdle, serversUsed, maxWait] = counts as number[];
  return Object.freeze({
    database: printable(database),
    user: printable(user),
    clientsActive: active as number,
    clientsWaiting: waiting as number,
    serversActive: serversActive as number,
    serversIdle: serversIdle as number,
    serversUsed: serversUsed as number,
    // Whole seconds; the rest of them since PgBouncer 1.8.
    maxWaitMs: (maxWait as number) * 1_000 + Math.floor((wholeOf(row['maxwait_us']) ?? 0) / 1_000),
    mode: (MODES.has(mode) ? mode : 'unknown') as PoolerPool['mode'],
  });
}

/** Two numbers of `SHOW CONFIG`; nothing else of it is kept. */
function sizesOf(rows: readonly unknown[]): Pick<PoolerView, 'poolSize' | 'maxClients'> {
  const settings = rows as readonly { readonly key?: unknown; readonly value?: unknown }[];
  const valueOf = (name: string): number | undefined =>
    wholeOf(settings.find(({ key }) => key === name)?.value);
  return { poolSize: valueOf('default_pool_size'), maxClients: valueOf('max_client_conn') };
}

function wholeOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return Number.isSafeInteger(number) && (number as number) >= 0 ? (number as number) : undefined;
}

/** The first line of our own errors, and what they were caused by. */
function reasonOf(error: unknown): string {
  if (!isLifeguardError(error)) return describeFailure(error);
  return error.cause === undefined ? error.summary : `${error.summary}: ${describeFailure(error.cause)}`;
}
