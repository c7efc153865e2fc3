import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { usePostgres as useDatabase } from '@lifeguard/testing/vitest';
import pg from 'pg';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { LifeguardPool } from '../src/lifeguard-pool.ts';
import type { LifeguardPoolOptions } from '../src/pool-config.ts';
import { until } from './until.ts';

export { until } from './until.ts';

type Row = Record<string, unknown>;

/** A database of its own for a test file, and a connection beside the pools to look at the server with. */
interface Fixture {
  readonly url: string;
  /** Runs a statement on a connection that belongs to no pool; the rows. */
  sql(text: string, values?: unknown[]): Promise<Row[]>;
  /** A pool that is closed with the test. By then nothing may be leased, and no backend may be left after it. */
  makePool(options?: LifeguardPoolOptions): LifeguardPool;
  /** Backends of this pool on the server. */
  backendsOf(pool: LifeguardPool): Promise<Row[]>;
}

export function usePostgres(): Fixture {
  const database = useDatabase();
  let observer: pg.Client | undefined;
  beforeAll(async () => {
    observer = new pg.Client(database.url);
    await observer.connect();
  });
  afterAll(async () => {
    await observer?.end();
  });
  const sql = async (text: string, values?: unknown[]): Promise<Row[]> => {
    const answer = await observer?.query<Row>(text, values);
    return answer?.rows ?? [];
  };
  const backendsOf = (pool: LifeguardPool): Promise<Row[]> =>
    sql('select pid, state, query from pg_stat_activity where starts_with(application_name, $1)', [
      nameOf(pool),
    ]);
  return {
    get url() {
      return database.url;
    },
    sql,
    backendsOf,
    makePool(options = {}) {
      const own = {
        connectionString: database.url,
        application_name: `test-${randomBytes(6).toString('hex')}`,
      };
      const pool = new LifeguardPool({ ...own, ...options });
      onTestFinished(async () => {
        const { used, pending } = pool.snapshot();
        expectNoSecret(pool, new URL(database.url).password);
        await pool.close({ drainMs: 0 });
        expect({ used, pending }).toEqual({ used: 0, pending: 0 });
        await until('no backend is left', async () => (await backendsOf(pool)).length === 0);
      });
      return pool;
    },
  };
}

/** What can be printed of a pool at its end, whatever the test did with it. */
function expectNoSecret(pool: LifeguardPool, password: string): void {
  if (password === '') return;
  const shown = [inspect(pool, { depth: 9 }), inspect(pool.options, { depth: 9 }), JSON.stringify(pool)];
  for (const text of [...shown, JSON.stringify(pool.options)]) expect(text).not.toContain(password);
}

function nameOf(pool: LifeguardPool): unknown {
  return (pool.options as { application_name?: string }).application_name;
}

/** What a promise rejects with. */
export async function rejectionOf(
  promise: Promise<unknown>,
): Promise<Error & { code?: string; cause?: unknown }> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof Error) return outcome;
  throw new Error('it did not reject with an error');
}

/** The first event of this name: what it was told with. */
export function eventOf(emitter: NodeJS.EventEmitter, name: string): Promise<unknown[]> {
  return new Promise((resolve) => {
    emitter.once(name, (...payload: unknown[]) => resolve(payload));
  });
}

/** A column of the only row. */
export function only<T>(rows: readonly Row[], column: string): T {
  expect(rows).toHaveLength(1);
  return rows[0]?.[column] as T;
}
