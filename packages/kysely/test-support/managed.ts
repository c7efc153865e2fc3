import { Kysely, sql } from 'kysely';
import type { Generated } from 'kysely';
import { afterEach, expect } from 'vitest';
import { LifeguardDialect } from '../src/lifeguard-dialect.ts';
import { FakePool } from './fake-pool.ts';
import type { Script } from './fake-pool.ts';
import { NodeSqliteDialect } from './sqlite-dialect.ts';

export interface Database {
  person: { id: Generated<number>; name: string };
}

const QUIET = { warn: () => undefined, error: () => undefined };
const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** Over a scripted server, with the core's real pool. Every test ends with no lease open. */
export function overFake(script?: Script, options: object = {}) {
  const pool = new FakePool({ logger: QUIET, ...options }, script);
  const db = new Kysely<Database>({ dialect: new LifeguardDialect({ pool }) });
  cleanups.push(async () => {
    expect(pool.core.tracker.used).toBe(0);
    pool.core.audit();
    await db.destroy();
  });
  return { db, pool };
}

/** Over somebody else's dialect and a real engine. */
export async function overSqlite() {
  const dialect = new NodeSqliteDialect();
  const { driver } = dialect;
  const db = new Kysely<Database>({ dialect });
  await sql`create table person (id integer primary key, name text not null)`.execute(db);
  cleanups.push(async () => {
    expect(driver.acquired).toBe(driver.released);
    await db.destroy();
  });
  const names = async () =>
    (await db.selectFrom('person').select('name').orderBy('id').execute()).map(({ name }) => name);
  return {
    db,
    driver,
    names,
    add: (k: Kysely<Database>, name: string) => k.insertInto('person').values({ name }).execute(),
  };
}
