import { randomBytes } from 'node:crypto';
import { LifeguardPool } from '@lifeguard/pg';
import type { LifeguardPoolOptions } from '@lifeguard/pg';
import { createDatabase } from '@lifeguard/testing';
import type { TestDatabase } from '@lifeguard/testing';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, inject, onTestFinished } from 'vitest';
import type { Layer, OpenLayer } from './layer.ts';

const TABLES = `
  create table kept (id serial primary key, name text not null unique);
  create table parent (id int primary key);
  create table child (parent int references parent(id) deferrable initially deferred)`;

/** Polls until `done`, for at most 10 s. */
export async function until(what: string, done: () => Promise<boolean> | boolean): Promise<void> {
  for (const end = Date.now() + 10_000; Date.now() < end; ) {
    if (await done()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`after 10 s not yet: ${what}`);
}

/** What a test is given. */
export interface Opened {
  readonly orm: OpenLayer;
  readonly pool: LifeguardPool;
  readonly backends: () => Promise<Record<string, unknown>[]>;
}

/** Pools of their own on a database for this file. After each test nothing may be leased, and no backend left. */
export function useDatabase() {
  let database: TestDatabase | undefined;
  let observer: pg.Client | undefined;
  beforeAll(async () => {
    database = await createDatabase(inject('databaseUrl'));
    observer = new pg.Client(database.url);
    await observer.connect();
    await observer.query(TABLES);
  });
  beforeEach(async () => void (await observer?.query('truncate kept, parent, child restart identity')));
  afterAll(async () => {
    await observer?.end();
    await database?.drop();
  });
  const sql = async (text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> =>
    (await (observer as pg.Client).query<Record<string, unknown>>(text, values)).rows;
  const backendsOf = (name: string): Promise<Record<string, unknown>[]> =>
    sql('select pid, state, query from pg_stat_activity where starts_with(application_name, $1)', [name]);
  return {
    sql,
    url: (): string => (database as TestDatabase).url,
    kept: async () => (await sql('select name from kept order by id')).map(({ name }) => name),
    async open(layer: Layer, options: LifeguardPoolOptions = {}): Promise<Opened> {
      const name = `orm-${randomBytes(6).toString('hex')}`;
      const connectionString = (database as TestDatabase).url;
      const logger = { warn: () => undefined, error: () => undefined };
      const pool = new LifeguardPool({
        connectionString,
        application_name: name,
        max: 2,
        logger,
        ...options,
      });
      const orm = await layer.open(pool);
      onTestFinished(async () => {
        await until('nothing is leased', () => pool.snapshot().used === 0);
        expect(pool.snapshot()).toMatchObject({ used: 0, pending: 0 });
        await until('nothing runs', async () =>
          (await backendsOf(name)).every(({ state }) => state === 'idle'),
        );
        await orm.close();
        await pool.close({ drainMs: 0 });
        await until('no backend is left', async () => (await backendsOf(name)).length === 0);
      });
      return { orm, pool, backends: () => backendsOf(name) };
    },
  };
}

/** What a promise rejects with. */
export async function rejectionOf(promise: PromiseLike<unknown>): Promise<Error & { code?: string }> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof Error) return outcome;
  throw new Error('it did not reject with an error');
}
