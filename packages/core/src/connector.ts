import type { LeaseRevokedError } from './errors.ts';
import type { LeaseRecord } from './lease-record.ts';

/** What the pool hands to {@link Connector.connect}. */
export interface ConnectContext {
  /** Aborts when the pool no longer wants the connection: the attempt took too long, or the pool is closing. */
  readonly signal: AbortSignal;
  /**
   * To be called once when the connection dies by itself after `connect` has resolved. It must be wired before that, so
   * that a connection is at no moment without somebody who listens to its errors.
   */
  readonly onDisconnect: (error: Error) => void;
  /** May be called each time that the server is asked to cancel what this connection runs; it is counted. */
  readonly onCancelSent?: () => void;
}

/** What a connection looks like from outside when it is given back. */
export type Cleanliness =
  /** No transaction, nothing queued or in flight, session state at its baseline. */
  | 'clean'
  /** {@link Connector.reset} can make it clean. */
  | 'dirty'
  /** Only closing helps. */
  | 'broken';

/**
 * How to close. `polite`: say goodbye and wait for the server's end of it. `abrupt`: the server does not answer, destroy
 * the socket. `cancel-first`: ask the server to stop what it runs, then destroy; a closed socket alone does not stop it.
 */
export type CloseManner = 'polite' | 'abrupt' | 'cancel-first';

/** How a close ended: the server's side is `gone`, or may live on (`lost`). */
export type CloseOutcome = 'gone' | 'lost';

/** What a connector makes of a failed connect. */
export interface ConnectFailure {
  /** Whether trying again soon is pointless (a wrong password, no such database). Waiters are then told at once. */
  readonly fatal: boolean;
  /** `LG_SERVER_REFUSED` when the server has no room for more connections. */
  readonly code?: 'LG_CONNECT_FAILED' | 'LG_SERVER_REFUSED';
  readonly likely?: string;
  readonly fix?: string;
}

/** A time limit of the server's that ended a connection. */
export interface ServerLimit {
  readonly sqlState: string;
  /** The setting that acted. */
  readonly setting: string;
  /** Whether it says that the holder did nothing: as good a sign of a leak as any of ours. */
  readonly heldIdle: boolean;
}

/** What a connector knows of the server, by name: few, short, no secrets. */
export type ConnectorFacts = Readonly<Record<string, string | number | boolean>>;

/**
 * Makes, checks, cleans and ends connections of one kind; the pool decides when. The pool bounds every call in time: a
 * promise that does not settle costs the connection, never the pool.
 */
export interface Connector<C> {
  /** Opens a connection. After `signal` has aborted, a connection that comes all the same is closed by the pool. */
  connect(context: ConnectContext): Promise<C>;
  /** Resolves when the server answers. A rejection closes this connection and invalidates all older ones. */
  ping(connection: C): Promise<void>;
  /** Told, before the holder gets the connection, of the lease it is lent under; adapters report queries to it. */
  lend?(connection: C, record: LeaseRecord): void;
  /** Looks, without waiting, at a connection that is given back. */
  inspect(connection: C): Cleanliness;
  /** Makes a dirty connection clean. A rejection closes it. */
  reset(connection: C): Promise<void>;
  /**
   * The lease was taken back: before this returns, calls by the former holder must reject with `error` (and so must what
   * is in flight) and nothing of theirs may reach the wire. The pool calls {@link Connector.close} right after.
   */
  revoke(connection: C, error: LeaseRevokedError): void;
  /** Ends the connection. */
  close(connection: C, manner: CloseManner): Promise<CloseOutcome>;
  /**
   * A connection has died by itself: what is still to be done about the server's side, which may not know of it and work
   * on. `undefined`, as without this method: nothing, it is gone.
   */
  afterDeath?(connection: C, error: Error): Promise<CloseOutcome> | undefined;
  /** A connection counts as lost from now on. Resolves should it be found out that the server's side is gone. */
  whenGone?(connection: C): Promise<void> | undefined;
  /** What is known of the server by now, for people who read a snapshot. Asks nobody; must not throw. */
  facts?(): ConnectorFacts;
  /** Says what a failed connect means. Without it every failure counts as one that passes. */
  explainFailure?(error: unknown): ConnectFailure;
  /** The time limit of the server that a connection died of; `undefined` when it died of something else. */
  explainLoss?(error: Error): ServerLimit | undefined;
}
