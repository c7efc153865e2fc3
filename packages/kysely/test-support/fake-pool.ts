import { Pool } from '@lifeguard/core';
import type {
  Cleanliness,
  CloseOutcome,
  ConnectContext,
  Connector,
  Lease,
  PoolOptions,
} from '@lifeguard/core';
import type {
  Cursor,
  GuardedLease,
  GuardedLeaseOptions,
  GuardedPool,
  QueryAnswer,
} from '../src/driver-types.ts';

/** What a scripted server says to a statement: rows, a tag, an error, or nothing at all. */
export type Script = (
  sql: string,
  client: FakeClient,
) => Partial<QueryAnswer> | Promise<Partial<QueryAnswer>> | undefined;

/** A connection without a server; the same object for its whole life. */
export class FakeClient {
  readonly id: number;
  readonly sent: string[] = [];
  failure: Error | undefined;
  inTransaction = false;
  readonly gone = Promise.withResolvers<never>();

  constructor(id: number) {
    this.id = id;
    this.gone.promise.catch(() => undefined);
  }
}

/** The core's real pool over connections that a script answers for. */
export class FakePool implements GuardedPool, Connector<FakeClient> {
  readonly core: Pool<FakeClient>;
  readonly options: PoolOptions;
  readonly clients: FakeClient[] = [];
  ended = 0;
  cancels = 0;
  script: Script;

  constructor(options: PoolOptions = {}, script: Script = () => undefined) {
    this.script = script;
    this.options = options;
    this.core = new Pool<FakeClient>(this, { size: 2, maxOverflow: 0, prePing: false, ...options });
  }

  get sessionTimeoutMs(): number {
    return this.core.options.sessionTimeoutMs;
  }

  /** Every statement that was sent, on whichever connection. */
  get sent(): string[] {
    return this.clients.flatMap((client) => client.sent);
  }

  async lease(options?: GuardedLeaseOptions): Promise<GuardedLease> {
    return new FakeLease(await this.core.acquire(options), this);
  }

  async end(): Promise<void> {
    this.ended += 1;
    await this.core.close({ drainMs: 0 });
  }

  async connect(_context: ConnectContext): Promise<FakeClient> {
    const client = new FakeClient(this.clients.length + 1);
    this.clients.push(client);
    return client;
  }

  async ping(): Promise<void> {}

  inspect(client: FakeClient): Cleanliness {
    return client.inTransaction ? 'broken' : 'clean';
  }

  async reset(): Promise<void> {}

  revoke(client: FakeClient, error: Error): void {
    client.failure = error;
    client.gone.reject(error);
  }

  async close(client: FakeClient): Promise<CloseOutcome> {
    client.failure ??= new Error('connection closed');
    client.gone.reject(client.failure);
    return 'gone';
  }
}

class FakeLease implements GuardedLease {
  readonly #lease: Lease<FakeClient>;
  readonly #pool: FakePool;

  constructor(lease: Lease<FakeClient>, pool: FakePool) {
    this.#lease = lease;
    this.#pool = pool;
  }

  get processID(): number | undefined {
    return this.isOpen ? this.#lease.connection.id : undefined;
  }

  get isOpen(): boolean {
    return this.#lease.isOpen;
  }

  get record(): GuardedLease['record'] {
    return this.#lease.record;
  }

  get client(): FakeClient {
    return this.#lease.connection;
  }

  query(text: string, values?: readonly unknown[]): Promise<QueryAnswer>;
  query<T extends Cursor>(cursor: T): T;
  query(query: string | Cursor): unknown {
    return typeof query === 'string' ? this.#execute(query) : query;
  }

  release(): void {
    this.#lease.release();
  }

  destroy(): void {
    this.#lease.destroy();
  }

  async cancel(): Promise<void> {
    this.#pool.cancels += 1;
  }

  async #execute(sql: string): Promise<QueryAnswer> {
    const client = this.#lease.connection;
    if (client.failure !== undefined) throw client.failure;
    client.sent.push(sql);
    this.record.queryStarted(sql);
    try {
      const answer = await Promise.race([this.#pool.script(sql, client), client.gone.promise]);
      if (/^(begin|start)/.test(sql)) client.inTransaction = true;
      if (/^(commit|rollback$)/.test(sql)) client.inTransaction = false;
      return { command: sql.split(' ')[0]?.toUpperCase() ?? '', rowCount: null, rows: [], ...answer };
    } finally {
      this.record.queryEnded(client.inTransaction ? 'open' : 'none');
    }
  }
}
