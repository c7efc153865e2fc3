import { LifeguardPool } from '@lifeguard/pg';
import { createDatabase } from '@lifeguard/testing';
import type { TestDatabase } from '@lifeguard/testing';
import pg from 'pg';
import { expect } from 'vitest';
import { until } from '../support/until.ts';
import type { Layer, OpenLayer } from './layer.ts';

/** A client whose connection breaks when a transaction is begun, or that the application's hook refuses, if it is told so. */
function breakableClient() {
  return class BreakableClient extends pg.Client {
    static failsOnBegin = false;
    static refusedWith: Error | undefined;

    override query(...args: unknown[]): never {
      const [first] = args;
      const text = typeof first === 'string' ? first : (first as { text?: unknown }).text;
      if (BreakableClient.failsOnBegin && /^\s*(begin|start transaction)/i.test(String(text)))
        (this as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
      return super.query<never>(...(args as [never]));
    }
  };
}

/** A layer on a pool of two connections, on a database of its own. */
export class MatrixWorld implements AsyncDisposable {
  readonly database: TestDatabase;
  readonly pool: LifeguardPool;
  readonly layer: OpenLayer;
  /** The class of the clients: what it is told holds for all of them. */
  readonly client: { failsOnBegin: boolean; refusedWith: Error | undefined };

  private constructor(
    database: TestDatabase,
    pool: LifeguardPool,
    layer: OpenLayer,
    client: MatrixWorld['client'],
  ) {
    this.database = database;
    this.pool = pool;
    this.layer = layer;
    this.client = client;
  }

  static async open(layer: Layer, url: string): Promise<MatrixWorld> {
    const database = await createDatabase(url);
    const client = breakableClient();
    const logger = { warn: () => undefined, error: () => undefined };
    const pool = new LifeguardPool({
      connectionString: database.url,
      max: 2,
      Client: client,
      connectionTimeoutMillis: 2_000,
      onConnect: () => {
        if (client.refusedWith !== undefined) throw client.refusedWith;
      },
      logger,
    });
    pool.on('error', () => undefined);
    await pool.query('create table kept (scenario int)');
    return new MatrixWorld(database, pool, await layer.open(pool), client);
  }

  /** Ends the backends of everybody who is in a transaction. */
  async killBackends(): Promise<void> {
    await this.#ask(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle'`,
    );
  }

  /** The pool has seen that the connection of whoever is in a transaction has died. */
  async untilLost(): Promise<void> {
    await until('the pool has noticed', () => this.pool.snapshot().used === 0);
  }

  /** What must hold whatever has gone wrong. */
  async expectWell(): Promise<void> {
    await until('every slot is free', () => this.pool.snapshot().used === 0);
    await until('the server has nothing of it left', async () => {
      const left = await this.#ask(
        `select 1 from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle'`,
      );
      return left.length === 0;
    });
    // Both connections serve, and what failed was not kept.
    const rows = await Promise.all([1, 2].map(() => this.layer.transaction((run) => run('select 1'))));
    expect(rows).toHaveLength(2);
    expect(await this.#ask('select scenario from kept')).toEqual([]);
  }

  async #ask(sql: string): Promise<unknown[]> {
    const client = new pg.Client({ connectionString: this.database.url });
    await client.connect();
    try {
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.layer[Symbol.asyncDispose]();
    await this.pool.close({ drainMs: 0 });
    await this.database.drop();
  }
}
