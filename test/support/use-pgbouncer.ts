import { LifeguardPool } from '@lifeguard/pg';
import type { LifeguardPoolOptions } from '@lifeguard/pg';
import { usePostgres } from '@lifeguard/testing/vitest';
import pg from 'pg';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { startPgBouncer, targetOf } from './pgbouncer.ts';
import type { PgBouncer, PgBouncerOptions } from './pgbouncer.ts';
import { until } from './until.ts';

type Row = Record<string, unknown>;

/** A database of its own with a PgBouncer before it, for a test file. */
interface Behind {
  readonly pooler: PgBouncer;
  /** The database itself, past the pooler. */
  readonly directUrl: string;
  /** Runs a statement past the pooler; the rows. */
  sql(text: string, values?: unknown[]): Promise<Row[]>;
  /** A pool behind the pooler, closed with the test; by then nothing may be leased. */
  makePool(options?: LifeguardPoolOptions): LifeguardPool;
}

export function usePgBouncer(options: Omit<PgBouncerOptions, 'target'> = {}): Behind {
  const database = usePostgres();
  let pooler: PgBouncer | undefined;
  let observer: pg.Client | undefined;
  const open = new Set<LifeguardPool>();
  beforeAll(async () => {
    pooler = await startPgBouncer({ target: targetOf(database.url), ...options });
    observer = new pg.Client(database.url);
    observer.on('error', () => undefined);
    await observer.connect();
  });
  afterAll(async () => {
    await pooler?.stop();
    await observer?.end();
  });
  const running = (): PgBouncer => {
    if (pooler === undefined) throw new Error('the pooler is started in beforeAll');
    return pooler;
  };
  return {
    get pooler() {
      return running();
    },
    get directUrl() {
      return database.url;
    },
    async sql(text, values) {
      return (await observer?.query<Row>(text, values))?.rows ?? [];
    },
    makePool(poolOptions = {}) {
      const pool = new LifeguardPool({ connectionString: running().url, ...poolOptions });
      open.add(pool);
      onTestFinished(async () => {
        expect(running().isRunning).toBe(true);
        const { used, pending } = pool.snapshot();
        await pool.close({ drainMs: 0 });
        expect({ used, pending }).toEqual({ used: 0, pending: 0 });
        open.delete(pool);
        if (open.size > 0) return;
        await until('no client is left at the pooler', async () => (await clientsOf(running())) === 0);
      });
      return pool;
    },
  };
}

/** Clients that are connected to it, without whoever asks. */
export async function clientsOf(pooler: PgBouncer): Promise<number> {
  const rows = await pooler.admin('show clients');
  return rows.filter((row) => row['database'] !== 'pgbouncer').length;
}

/** What a promise rejects with. */
export async function rejectionOf(promise: Promise<unknown>): Promise<Error & { code?: string }> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof Error) return outcome;
  throw new Error('it did not reject with an error');
}
