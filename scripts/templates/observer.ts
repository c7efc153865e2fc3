import pg from 'pg';
import { until } from './until.ts';

/** Looks at the database of a template from outside of it, and can stand in its way. */
export class Observer implements AsyncDisposable {
  readonly #client: pg.Client;

  private constructor(client: pg.Client) {
    this.#client = client;
    client.on('error', () => undefined);
  }

  static async open(databaseUrl: string): Promise<Observer> {
    const observer = new Observer(new pg.Client({ connectionString: databaseUrl }));
    await observer.#client.connect();
    return observer;
  }

  async query(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const { rows } = await this.#client.query<Record<string, unknown>>(sql);
    return rows;
  }

  /** While `work` runs, whoever touches the table waits. */
  async whileLocked<T>(table: string, work: () => Promise<T>): Promise<T> {
    await this.query(`begin; lock table ${table}`);
    try {
      return await work();
    } finally {
      await this.query('rollback');
    }
  }

  /** Whether somebody waits for what {@link whileLocked} has locked. */
  async isInTheWay(): Promise<boolean> {
    const waiting = await this.query(`
      select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`);
    return waiting.length > 0;
  }

  /** The server notices a moment later that somebody has gone. */
  async expectNoBackends(): Promise<void> {
    await until('nobody else is connected', async () => {
      const others = await this.query(`
        select 1 from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`);
      return others.length === 0;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.end();
  }
}
