import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { PostgresServer } from '@lifeguard/testing';
import { FakeClock } from '../support/fake-clock.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { NetworkNamespace } from '../support/network-namespace.ts';
import { ApplicationProcess } from './application-process.ts';
import type { FaultRow } from './fault-row.ts';
import type { ApplicationOptions, SideName } from './messages.ts';
import type { NamedServer, ServerName } from './named-server.ts';
import { Observer } from './observer.ts';

export type Route = 'direct' | 'pgbouncer';

/** What the load of the application leaves behind as the last statement of a backend. */
const STATES = {
  idle: `state = 'idle' and query not like '%leased idle%'`,
  'leased idle': `state = 'idle' and query like '%leased idle%'`,
  'in transaction': `state = 'idle in transaction'`,
  running: `state = 'active' and query like '%running%'`,
} as const;

export type BackendState = keyof typeof STATES;

export const MAX = 6;
export const ACQUIRE_TIMEOUT_MS = 2_000;
const FIND_LIMIT_MS = 3_000;

/** Everything that a fault acts on: the server, the way to it, and the application. Each run has a database of its own. */
export class World implements AsyncDisposable {
  readonly serverName: ServerName;
  readonly side: SideName;
  /** How much longer than in CI faults last. */
  readonly patience: number;
  readonly database = `fault_${randomBytes(6).toString('hex')}`;
  /** What a row has measured besides; goes into its result. */
  readonly notes: Record<string, number | string> = {};
  /** Behind one: ends it with all its connections, and starts another after a while. */
  restartPooler: ((awayMs: number) => Promise<void>) | undefined;
  readonly #kept: AsyncDisposable[] = [];
  #server: PostgresServer;
  #admin: Observer;
  #network: NetworkNamespace | undefined;
  #clock: FakeClock | undefined;
  #proxy: FaultProxy | undefined;
  #application: ApplicationProcess | undefined;

  private constructor({ server, name }: NamedServer, side: SideName, patience: number) {
    this.#server = server;
    this.serverName = name;
    this.side = side;
    this.patience = patience;
    this.#admin = new Observer(server.url);
  }

  static async create(named: NamedServer, side: SideName, patience: number): Promise<World> {
    const world = new World(named, side, patience);
    await world.sql(`create role ${world.database} login password '${world.database}'`);
    await world.sql(`create database ${world.database} owner ${world.database}`);
    return world;
  }

  get server(): PostgresServer {
    return this.#server;
  }

  /** Disposed of when all is over. */
  keep(resource: AsyncDisposable): void {
    this.#kept.push(resource);
  }

  /** From now on this is the server that is looked at. */
  async moveTo(server: PostgresServer): Promise<void> {
    await this.#admin[Symbol.asyncDispose]();
    this.#server = server;
    this.#admin = new Observer(server.url);
  }

  /** Of the application's database, not through the proxy. */
  get url(): string {
    return `postgres://${this.database}:${this.database}@127.0.0.1:${this.server.port}/${this.database}`;
  }

  get proxy(): FaultProxy {
    if (this.#proxy === undefined) throw new Error('there is no proxy yet');
    return this.#proxy;
  }

  /** Of a row that needs one. */
  get network(): NetworkNamespace {
    if (this.#network === undefined) throw new Error('the row has not asked for a network');
    return this.#network;
  }

  /** Of a row that needs one. */
  get clock(): FakeClock {
    if (this.#clock === undefined) throw new Error('the row has not asked for a clock');
    return this.#clock;
  }

  get application(): ApplicationProcess {
    if (this.#application === undefined) throw new Error('there is no application yet');
    return this.#application;
  }

  /** Starts the application, behind a proxy to `port`. */
  async start(port: number, { application: chosen = {}, needs }: FaultRow): Promise<void> {
    if (needs === 'namespace') this.#network = await NetworkNamespace.open();
    if (needs === 'faketime') this.#clock = await FakeClock.create();
    const host = this.#network?.address ?? '127.0.0.1';
    this.#proxy = new FaultProxy(port, host);
    if (chosen.tls === true) this.#proxy.greeting = 'tls';
    await this.#proxy.open();
    const options: ApplicationOptions = {
      side: this.side,
      host,
      port: this.#proxy.port,
      user: this.database,
      password: this.database,
      database: this.database,
      max: MAX,
      acquireTimeoutMs: ACQUIRE_TIMEOUT_MS,
      unitTimeoutMs: 2_000,
      tls: false,
      listenersThrow: false,
      load: true,
      ...chosen,
    };
    this.#application = await ApplicationProcess.start(options, {
      prefix: this.#network?.prefix ?? [],
      env: this.#clock?.env ?? {},
    });
  }

  /** As superuser, not through the proxy. */
  sql(text: string, values: readonly unknown[] = []): Promise<readonly Readonly<Record<string, unknown>>[]> {
    return this.#admin.sql(text, values);
  }

  /** Backends of the application. */
  async backends(condition = 'true'): Promise<number[]> {
    const rows = await this.sql(
      `select pid from pg_stat_activity
       where datname = $1 and backend_type = 'client backend' and ${condition}`,
      [this.database],
    );
    return rows.map(({ pid }) => pid as number);
  }

  /** Ends `count` backends in this state, one after the other; fails when there is none. */
  async terminate(state: BackendState, count: number): Promise<void> {
    for (let done = 0; done < count; done += 1) {
      await this.until(`a backend is ${state}`, async () => {
        const rows = await this.sql(
          `select pg_terminate_backend(pid) from pg_stat_activity where pid = (
             select pid from pg_stat_activity
             where datname = $1 and backend_type = 'client backend' and ${STATES[state]} limit 1)`,
          [this.database],
        );
        return rows.length > 0;
      });
      await delay(40);
    }
  }

  async terminateAll(): Promise<void> {
    await this.sql('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [
      this.database,
    ]);
  }

  /** Lets the fault last; longer outside of CI. */
  async last(durationMs: number): Promise<void> {
    await Promise.race([delay(durationMs * this.patience), this.application.ended]);
  }

  async until(
    what: string,
    condition: () => Promise<boolean> | boolean,
    limitMs = FIND_LIMIT_MS,
  ): Promise<void> {
    for (const giveUpAt = Date.now() + limitMs; !(await condition()); await delay(3))
      if (Date.now() > giveUpAt && this.application.ending === undefined)
        throw new Error(`not within ${limitMs} ms: ${what}`);
      else if (this.application.ending !== undefined) return;
  }

  /** Resolves when the server answers (again). */
  serverReady(): Promise<void> {
    return this.#admin.ready();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#application?.[Symbol.asyncDispose]();
    await this.#proxy?.[Symbol.asyncDispose]();
    await this.#network?.[Symbol.asyncDispose]();
    await this.#clock?.[Symbol.asyncDispose]();
    await this.serverReady();
    await this.sql(`drop database if exists ${this.database} with (force)`);
    await this.sql(`drop role if exists ${this.database}`);
    await this.#admin[Symbol.asyncDispose]();
    for (const resource of this.#kept) await resource[Symbol.asyncDispose]();
  }
}
