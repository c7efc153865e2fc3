import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { CONNECTIONS } from './bench-client.ts';
import type { BenchClient } from './bench-client.ts';
import { byKysely } from './by-kysely.ts';

export function openClient(connectionString: string): BenchClient {
  const pool = new pg.Pool({ connectionString, max: CONNECTIONS });
  return byKysely(new Kysely({ dialect: new PostgresDialect({ pool }) }));
}
