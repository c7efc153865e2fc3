import { InvalidOptionError, systemClock } from '@lifeguard/core';
import type {
  Cleanliness,
  Clock,
  CloseManner,
  CloseOutcome,
  ConnectContext,
  ConnectFailure,
  Connector,
  ConnectorFacts,
  LeaseRecord,
  LeaseRevokedError,
  ServerLimit,
} from '@lifeguard/core';
import { nameClient, tagClient, tameName } from './application-name.ts';
import { explainConnectFailure } from './connect-failure.ts';
import { containParser } from './contain-parser.ts';
import type { ClientClass, DriverClient } from './driver-types.ts';
import { endedByLimit } from './ended-by-limit.ts';
import { LostBackends } from './lost-backends.ts';
import { PgConnection } from './pg-connection.ts';
import { PoolerWatch } from './pooler-watch.ts';
import type { PoolerListener, PoolerOption } from './pooler-watch.ts';
import { readServerSettings } from './server-settings.ts';
import type { ServerSettings } from './server-settings.ts';
import { serverMark } from './server-mark.ts';
import { StandbyWatch } from './standby-watch.ts';

/** How long the server may take to close the socket of a cancel request. */
const CANCEL_LIMIT_MS = 500;
/** How long it may take to answer what was cancelled, and how often it is asked. */
const CANCELLED_WITHIN_MS = 150;
const CANCEL_ATTEMPTS = 3;
/** How long a rollback may take that nobody waits for. */
const ROLLBACK_LIMIT_MS = 200;
/** How long after its use a connection to a pooler is taken for alive. Firewalls forget connections after minutes. */
const POOLER_TRUSTED_FOR_MS = 30_000;
/** How long a polite goodbye may take before the socket is destroyed. */
const GOODBYE_LIMIT_MS = 1_000;

/** `keep`: the next holder finds what the one before has set. `replace`: the connection is closed, another one is opened. */
export type SessionStatePolicy = 'keep' | 'replace';

/** What a {@link PgConnector} is made with. */
export interface PgConnectorOptions {
  readonly Client: ClientClass;
  /** Passed to each new client. */
  readonly clientOptions: object;
  /** @default the system's clock */
  readonly clock?: Clock;
  /** Runs on each new connection before anybody gets it; a rejection closes the connection. */
  readonly prepare: (client: DriverClient) => Promise<void> | void;
  /**
   * Whether BEGIN in a session with a deadline sets the server's limits for its transaction.
   * @default true
   */
  readonly serverLimits?: boolean;
  /**
   * Milliseconds after which the server looks, while it runs a statement, whether this process is still there; 0: never.
   * @default 0
   */
  readonly connectionCheckMs?: number;
  /**
   * Whether the `application_name` of each connection says which process it belongs to.
   * @default true
   */
  readonly tagApplicationName?: boolean;
  /**
   * What becomes of a connection whose holder has changed its backend session.
   * @default 'keep'
   */
  readonly sessionState?: SessionStatePolicy;
  /**
   * Whether a pooler such as PgBouncer stands between us and the server.
   * @default 'auto'
   */
  readonly pooler?: PoolerOption;
  /** Told once of a pooler that was found, and of what does not hold behind it. */
  readonly poolerListener?: PoolerListener;
  /** Called before a holder gets this client; must not throw. */
  readonly onLend?: (client: DriverClient) => void;
  /** An idle connection died. */
  readonly onIdleError: (error: Error, client: DriverClient) => void;
  /** Writes are refused by a standby, where there was a primary before. */
  readonly onDemoted?: () => void;
}

/** Opens, checks, cleans and ends `pg.Client`s. */
export class PgConnector implements Connector<PgConnection> {
  readonly #options: PgConnectorOptions;
  readonly #clock: Clock;
  readonly #standbys: StandbyWatch;
  readonly #lost = new LostBackends();
  /** Given up when the server refuses it: not every platform can do it. */
  #connectionCheckMs: number;
  readonly #pooler: PoolerWatch;
  /** The same for pools of this process whose connections go to the same place; known with the first. */
  #server: string | undefined;

  constructor(options: PgConnectorOptions) {
    if (typeof options.Client !== 'function')
      throw new InvalidOptionError('Client', 'a class like pg.Client', options.Client);
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#connectionCheckMs = options.connectionCheckMs ?? 0;
    this.#pooler = new PoolerWatch(this.#clock, options.pooler ?? 'auto', options.poolerListener);
    this.#standbys = new StandbyWatch(this.#clock, () => options.onDemoted?.());
  }

  /** Whether a pooler stands in between; `undefined` until it is known, or where nothing is asked of the server. */
  get behindPooler(): boolean | undefined {
    return this.#pooler.isBehind;
  }

  async connect({ signal, onDisconnect, onCancelSent }: ConnectContext): Promise<PgConnection> {
    const client = this.#makeClient();
    this.#server ??= serverMark(client);
    containParser(client);
    tameName(client);
    const connection = new PgConnection(client, {
      clock: this.#clock,
      pooler: this.#pooler,
      keepsSessionState: this.#options.sessionState !== 'replace',
      isTagged: this.#name(client),
      ...(onCancelSent !== undefined && { onCancelSent }),
    });
    const diedEarly = Promise.withResolvers<never>();
    const died = (how: Error): void => {
      if (!connection.died()) return;
      const error = connection.lastWords ?? how;
      if (connection.isOpening) return diedEarly.reject(error);
      // After an `error` pg uses the connection no more, but nothing says that its socket is closed.
      void this.#goodbye(client).catch(() => undefined);
      this.#tellLost(connection, error, onDisconnect);
      connection.explainDeath(how);
    };
    // From birth to death: an `error` event that nobody listens to ends the process.
    keepListening(client, {
      error: died,
      end: () => died(new Error('Connection terminated')),
    });
    const abort = (): void => void client.connection?.stream.destroy();
    signal.addEventListener('abort', abort, { once: true });
    try {
      await Promise.race([this.#open(connection, died), diedEarly.promise]);
    } catch (error) {
      // Never lent: nobody else can close it. A client that cannot say goodbye must not hide why it failed.
      await this.#goodbye(client).catch(() => undefined);
      throw error;
    } finally {
      signal.removeEventListener('abort', abort);
    }
    connection.opened();
    return connection;
  }

  async ping(connection: PgConnection): Promise<void> {
    // The pooler would make the ping wait for a backend, and a full pooler is not a dead one.
    if (this.#pooler.isBehind === true && connection.returnedForMs < POOLER_TRUSTED_FOR_MS) return;
    await connection.send('select 1');
  }

  lend(connection: PgConnection, record: LeaseRecord): void {
    connection.lend(record);
    this.#options.onLend?.(connection.client);
  }

  inspect(connection: PgConnection): Cleanliness {
    return connection.takeBack();
  }

  async reset(connection: PgConnection): Promise<void> {
    connection.closeCursor();
    await connection.whenQuiet();
    if (connection.inTransaction) await connection.send('rollback');
    const found = connection.takeBack();
    if (found !== 'clean') throw new Error(`the connection is ${found} after a rollback`);
  }

  revoke(connection: PgConnection, error: LeaseRevokedError): void {
    connection.revoke(error);
  }

  async close(connection: PgConnection, manner: CloseManner): Promise<CloseOutcome> {
    const { client } = connection;
    connection.leave();
    if (manner === 'abrupt') {
      client.connection?.stream.destroy();
      return 'lost';
    }
    // Also before a polite goodbye: pg would destroy the socket of a busy client, and the server would work on.
    const stopped = connection.busy ? await this.#stop(connection) : true;
    // Without a transaction the goodbye is said in this turn: callers of pg-pool look for it.
    const clean = stopped && (!connection.inTransaction || (await this.#rollBack(connection)));
    if (!clean) client.connection?.stream.destroy();
    const ended = await this.#goodbye(client);
    return clean && ended ? 'gone' : 'lost';
  }

  /**
   * A socket that was reset says nothing of the backend, which may run its statement to the end, with all its locks. So it
   * is told to stop, on a way of its own; it counts as lost all the same, since nobody has seen it go. Where the server has
   * closed the socket, or has said why, there is nothing to do.
   */
  afterDeath(connection: PgConnection, error: Error): Promise<CloseOutcome> | undefined {
    if (!connection.busy || !('errno' in error)) return undefined;
    return connection.cancel(this.#clock, CANCEL_LIMIT_MS).then(() => 'lost');
  }

  whenGone({ client: { processID } }: PgConnection): Promise<void> | undefined {
    const isFindable = this.#options.tagApplicationName !== false && this.#pooler.isBehind !== true;
    return isFindable && processID != null ? this.#lost.add(processID) : undefined;
  }

  explainFailure(error: unknown): ConnectFailure {
    return explainConnectFailure(error);
  }

  explainLoss(error: Error): ServerLimit | undefined {
    return endedByLimit(error);
  }

  facts(): ConnectorFacts {
    const { isBehind } = this.#pooler;
    return {
      ...(this.#server !== undefined && { server: this.#server }),
      ...(isBehind !== undefined && { behindPooler: isBehind }),
    };
  }

  /** Whether it is named after this process. Behind a pooler a backend serves many, and each change of the name costs a statement. */
  #name(client: DriverClient): boolean {
    if (this.#options.tagApplicationName === false) return false;
    if (this.#pooler.isBehind !== true) return tagClient(client);
    nameClient(client);
    return false;
  }

  #makeClient(): DriverClient {
    try {
      return new this.#options.Client(this.#options.clientOptions);
    } catch (error) {
      // The whole connection string, where it cannot be read; older drivers leave it in.
      if (error instanceof TypeError && 'input' in error) delete error.input;
      throw error;
    }
  }

  async #open(connection: PgConnection, onEnding: (error: Error) => void): Promise<void> {
    const { client } = connection;
    await new Promise<void>((resolve, reject) => {
      client.connect((error) => (error == null ? resolve() : reject(error)));
    });
    connection.connected(onEnding, () => this.#standbys.writeRefused(connection.isStandby));
    this.#standbys.connected(connection.isStandby);
    await this.#options.prepare(client);
    // A `connect` listener that did not wait for its `SET …` has queued it: the first holder must find it done.
    await connection.whenQuiet();
    await this.#agreeOnSettings(connection);
    const { processID } = client;
    // Nobody depends on that either.
    if (processID != null && this.#pooler.isBehind !== true)
      await this.#lost.hunt(processID, (sql) => connection.send(sql)).catch(() => undefined);
  }

  /** Nobody depends on it: a server, or a pooler, that does not know these settings is used without them. */
  async #agreeOnSettings(connection: PgConnection): Promise<void> {
    const { processID, pipeline, readyForQuery } = connection.client;
    const limits = this.#options.serverLimits !== false && pipeline !== true && readyForQuery !== undefined;
    if (processID == null || (!limits && (this.#connectionCheckMs === 0 || this.#pooler.isBehind))) return;
    const known = limits ? this.#pooler.knownLimits : undefined;
    if (known !== undefined) return connection.limits.learn(known);
    const { isBehind } = this.#pooler;
    const read = (connectionCheckMs: number): Promise<ServerSettings> =>
      readServerSettings((sql) => connection.send(sql), processID, {
        limits,
        connectionCheckMs,
        isDirect: this.#options.pooler === 'none',
      });
    const found = await this.#read(read, isBehind === true ? 0 : this.#connectionCheckMs);
    if (found !== undefined) this.#pooler.learn(found);
    connection.limits.learn(found?.limits ?? {});
  }

  async #read(
    read: (connectionCheckMs: number) => Promise<ServerSettings>,
    connectionCheckMs: number,
  ): Promise<ServerSettings | undefined> {
    try {
      return await read(connectionCheckMs);
    } catch {
      const found = await read(0).catch(() => undefined);
      // Without the check it works: this server, or its platform, cannot do it.
      if (found !== undefined) this.#connectionCheckMs = 0;
      return found;
    }
  }

  /**
   * Stops what the server runs for this connection. Fenced: nothing else is sent until a request has been taken. Asks more
   * than once: a backend that has not read its query yet overlooks the request.
   */
  async #stop(connection: PgConnection): Promise<boolean> {
    for (let attempt = 0; attempt < CANCEL_ATTEMPTS; attempt += 1) {
      if ((await connection.cancel(this.#clock, CANCEL_LIMIT_MS)) === 'unknown') return false;
      if (await this.#within(CANCELLED_WITHIN_MS, connection.whenQuiet())) return true;
    }
    return false;
  }

  /**
   * Ends the transaction that is open. The server would do so by itself when the client leaves; a pooler would throw away
   * its connection to the server, which is in the middle of something.
   */
  async #rollBack(connection: PgConnection): Promise<boolean> {
    const answered = connection.send('rollback').then(
      () => undefined,
      () => undefined,
    );
    return (await this.#within(ROLLBACK_LIMIT_MS, answered)) && !connection.inTransaction;
  }

  /** Ends the client and waits for the socket to close; by force when the server does not answer. */
  async #goodbye(client: DriverClient): Promise<boolean> {
    const ended = new Promise<void>((resolve) => {
      client.end(() => resolve());
    });
    if (await this.#within(GOODBYE_LIMIT_MS, ended)) return true;
    client.connection?.stream.destroy();
    return false;
  }

  async #within(limitMs: number, work: Promise<void>): Promise<boolean> {
    const late = Promise.withResolvers<boolean>();
    const timer = this.#clock.setTimer(limitMs, () => late.resolve(false));
    try {
      return await Promise.race([work.then(() => true), late.promise]);
    } finally {
      timer.cancel();
    }
  }

  #tellLost(connection: PgConnection, error: Error, onDisconnect: (error: Error) => void): void {
    const wasIdle = connection.isIdle;
    onDisconnect(error);
    if (wasIdle) this.#options.onIdleError(error, connection.client);
  }
}

type Listeners = Readonly<Record<'error' | 'end', (error: Error) => void>>;

/** Listens also after a holder has removed listeners that were not its own. */
function keepListening(client: DriverClient, listeners: Listeners): void {
  const entries = Object.entries(listeners);
  for (const [event, listener] of entries) client.on(event, listener);
  client.on('removeListener', (event: string | symbol, listener: unknown) => {
    for (const [name, own] of entries) if (event === name && listener === own) client.on(name, own);
  });
  const removeAll = client.removeAllListeners.bind(client);
  client.removeAllListeners = (...events) => {
    removeAll(...events);
    // Without an event Node takes ours as well, and the one above that would have put them back.
    for (const [name, own] of entries) if (!client.listeners(name).includes(own)) client.on(name, own);
    return client;
  };
}
