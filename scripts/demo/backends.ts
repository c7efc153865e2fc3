import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { ORDERS, PRODUCTS } from './load-plan.ts';

/** What the server itself says of the service's connections. */
export interface Backends {
  readonly total: number;
  readonly idleInTransaction: number;
  /** Statements of `exportSales` that still run. Their deadline is less than a second. */
  readonly pastDeadline: number;
}

const IS_EXPORT = `state = 'active' and query like '%pg_sleep(60)%'`;

/** Looks at the database of the service from outside of it. */
export class BackendWatch implements AsyncDisposable {
  readonly #client: pg.Client;
  readonly #exports = new Set<number>();

  private constructor(client: pg.Client) {
    this.#client = client;
    // Whoever waits for a query hears of it there.
    client.on('error', () => undefined);
  }

  static async open(databaseUrl: string): Promise<BackendWatch> {
    const watch = new BackendWatch(new pg.Client({ connectionString: databaseUrl }));
    await watch.#client.connect();
    return watch;
  }

  /** Backends that have run a statement of `exportSales`, whenever one looked. */
  get exportsSeen(): number {
    return this.#exports.size;
  }

  async lookForExports(): Promise<void> {
    const { rows } = await this.#client.query<{ pid: number }>(`
      select pid from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and ${IS_EXPORT}`);
    for (const { pid } of rows) this.#exports.add(pid);
  }

  async read(): Promise<Backends> {
    const { rows } = await this.#client.query<Backends>(`
      select count(*)::int as "total",
        count(*) filter (where state like 'idle in transaction%')::int as "idleInTransaction",
        count(*) filter (where ${IS_EXPORT})::int as "pastDeadline"
      from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`);
    return rows[0] as Backends;
  }

  /** Gives the server a moment to notice that a client is gone; resolves with those that stay. */
  async readWhenQuiet(limitMs: number): Promise<Backends> {
    for (const startedAt = performance.now(); ; await delay(50)) {
      const backends = await this.read();
      if (backends.total === 0 || performance.now() - startedAt > limitMs) return backends;
    }
  }

  /** A shop with some history. */
  async fillShop(): Promise<void> {
    await this.#client.query(`
      insert into products (name, price_cents, stock)
        select 'product ' || i, 100 + i * 7, 1000000 from generate_series(1, ${PRODUCTS}) i`);
    await this.#client.query(`
      insert into orders (product_id, quantity, total_cents)
        select 1 + i % ${PRODUCTS}, 1, 100 + (1 + i % ${PRODUCTS}) * 7 from generate_series(1, ${ORDERS}) i`);
    await this.#client.query('analyze');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.end();
  }
}
