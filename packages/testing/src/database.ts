import { randomBytes } from 'node:crypto';
import process from 'node:process';

export interface TestDatabase extends AsyncDisposable {
  readonly url: string;
  /** Ends all sessions in the database and removes it. */
  drop(): Promise<void>;
}

/** The server named by `DATABASE_URL`, for those who bring their own instead of `startPostgres`. */
export function databaseFromEnvironment(): string | undefined {
  const url = process.env['DATABASE_URL'];
  if (url === undefined || url === '') return undefined;
  if (!/^postgres(ql)?:\/\//.test(url)) throw new Error('DATABASE_URL is set, but is not a postgres:// URL');
  return url;
}

/**
 * Makes an empty database of its own on the server behind `url`, so that test files cannot disturb each other.
 * Needs the optional package `pg`.
 */
export async function createDatabase(url: string): Promise<TestDatabase> {
  const name = `lifeguard_${randomBytes(8).toString('hex')}`;
  await execute(url, `create database ${name}`);
  const own = new URL(url);
  own.pathname = `/${name}`;
  const drop = () => execute(url, `drop database if exists ${name} with (force)`);
  return { url: own.href, drop, [Symbol.asyncDispose]: drop };
}

async function execute(url: string, sql: string): Promise<void> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
