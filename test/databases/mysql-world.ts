import { once } from 'node:events';
import { createConnection, createPool } from 'mysql2';
import type { ConnectionOptions, PoolOptions } from 'mysql2';
import { createConnection as connect } from 'mysql2/promise';
import type { RowDataPacket } from 'mysql2/promise';
import { Kysely, MysqlDialect } from 'kysely';
import type { Generated, MysqlDialectConfig } from 'kysely';
import { guardDialect } from '@lifeguard/kysely';
import type { GuardDialectOptions, GuardedDialect } from '@lifeguard/kysely';
import { startMariaDb } from '../support/mariadb.ts';
import { until } from '../support/until.ts';

export interface Database {
  person: { id: Generated<number>; name: string };
}

/** Where Kysely gets the connection over which it ends queries. */
export type Control = NonNullable<MysqlDialectConfig['controlConnection']> | 'of the pool';

/**
 * A connection that sends what it is told up to two milliseconds late: the command which ends a query then arrives when the
 * query has ended, more often than not.
 */
export const slowControl: Control = (config: string | object) => {
  const connection = createConnection(config as ConnectionOptions);
  const query = connection.query.bind(connection) as (...args: unknown[]) => unknown;
  const late = (...args: unknown[]): void => void setTimeout(() => query(...args), Math.random() * 2);
  return Object.assign(connection, { query: late });
};

/** An application of Kysely on MySQL. */
export interface Rig extends AsyncDisposable {
  readonly db: Kysely<Database>;
  readonly dialect: GuardedDialect;
  readonly watch: GuardedDialect['lifeguard'];
  /** Numbers of the connections that the pool has, by the server's count. */
  readonly threads: Set<number>;
}

const QUIET = { warn: () => undefined, error: () => undefined };

/** A server of its own for a file of tests, with an empty table `person`. */
export async function mysqlWorld() {
  const server = await startMariaDb();
  const admin = await connect(server.url);
  await admin.query('create table person (id int primary key auto_increment, name varchar(40) not null)');
  const ask = async <T>(sql: string, values: readonly unknown[] = []): Promise<T[]> =>
    (await admin.query<RowDataPacket[]>(sql, [...values]))[0] as T[];
  return {
    server,
    ask,
    names: async () =>
      (await ask<{ name: string }>('select name from person order by id')).map(({ name }) => name),
    /** Statements that the server is at work on, other than our own. */
    running: async () =>
      (
        await ask<{ info: string }>(
          `select info from information_schema.processlist where command = 'Query' and id <> connection_id()`,
        )
      ).map(({ info }) => info),
    /** Transactions that are open on the server. */
    transactions: async () =>
      (await ask<{ n: number }>('select count(*) as n from information_schema.innodb_trx'))[0]?.n,
    rig: (
      options: GuardDialectOptions = {},
      pool: PoolOptions = {},
      control: Control = createConnection,
    ): Rig => makeRig(server.url, options, pool, control),
    async clear(): Promise<void> {
      await admin.query('truncate table person');
    },
    async stop(): Promise<void> {
      await admin.end();
      await server.stop();
    },
  };
}

export type MysqlWorld = Awaited<ReturnType<typeof mysqlWorld>>;

function makeRig(uri: string, options: GuardDialectOptions, poolOptions: PoolOptions, control: Control): Rig {
  const pool = createPool({ uri, connectionLimit: 2, ...poolOptions });
  const threads = new Set<number>();
  pool.on('connection', ({ threadId }) => threads.add(threadId));
  const inner = new MysqlDialect({ pool, ...(control !== 'of the pool' && { controlConnection: control }) });
  const dialect = guardDialect(inner, { logger: QUIET, stacks: { mode: 'always' }, ...options });
  const watch = dialect.lifeguard;
  const db = new Kysely<Database>({ dialect });
  return {
    db,
    dialect,
    watch,
    threads,
    async [Symbol.asyncDispose]() {
      await until('every connection is given back', () => watch.tracker.used === 0);
      await db.destroy();
    },
  };
}

/** When a session is cut off. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}
