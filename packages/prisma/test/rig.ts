import { randomBytes } from 'node:crypto';
import { PrismaPg } from '@prisma/adapter-pg';
import { LifeguardPool } from '@lifeguard/pg';
import type { LifeguardPoolOptions } from '@lifeguard/pg';
import { createDatabase } from '@lifeguard/testing';
import type { TestDatabase } from '@lifeguard/testing';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, inject, onTestFinished } from 'vitest';
import { lifeguardExtension } from '../src/extension.ts';
import { PrismaClient } from './.generated/client.ts';

export { PrismaClient } from './.generated/client.ts';

const TABLES = `
  create table "User" (id serial primary key, email text not null unique);
  create table "Order" (id serial primary key, total int not null,
    "userId" int not null references "User"(id) deferrable initially deferred)`;

/** Polls until `done`, for at most 10 s. */
export async function until(what: string, done: () => Promise<boolean> | boolean): Promise<void> {
  for (const end = Date.now() + 10_000; Date.now() < end; ) {
    if (await done()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`after 10 s not yet: ${what}`);
}

/** Prisma over an extended client, and what it was made of. */
export function extend(client: PrismaClient, pool: LifeguardPool) {
  return client.$extends(lifeguardExtension({ pool }));
}

export type Extended = ReturnType<typeof extend>;

/** Pools of their own, each with a client, on a database for this file. After each test nothing may be leased, and no backend left. */
export function usePrisma() {
  let database: TestDatabase | undefined;
  let observer: pg.Client | undefined;
  beforeAll(async () => {
    database = await createDatabase(inject('databaseUrl'));
    observer = new pg.Client(database.url);
    await observer.connect();
    await observer.query(TABLES);
  });
  beforeEach(async () => void (await observer?.query('truncate "User", "Order" restart identity')));
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
    emails: async () => (await sql('select email from "User" order by id')).map(({ email }) => email),
    make(options: LifeguardPoolOptions = {}) {
      const name = `prisma-${randomBytes(6).toString('hex')}`;
      const connectionString = (database as TestDatabase).url;
      const pool = new LifeguardPool({ connectionString, application_name: name, max: 2, ...options });
      const base = new PrismaClient({ adapter: new PrismaPg(pool) });
      onTestFinished(async () => {
        await until('nothing is leased', () => pool.snapshot().used === 0);
        expect(pool.snapshot()).toMatchObject({ used: 0, pending: 0 });
        await until('nothing runs', async () =>
          (await backendsOf(name)).every(({ state }) => state === 'idle'),
        );
        await base.$disconnect();
        await pool.close({ drainMs: 0 });
        await until('no backend is left', async () => (await backendsOf(name)).length === 0);
      });
      return { pool, base, prisma: extend(base, pool), backends: () => backendsOf(name) };
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
