import type { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';

/** The byte of ReadyForQuery: idle, in a transaction, in a failed transaction. */
export type ReadyStatus = 'I' | 'T' | 'E';

/** A query object that writes itself to the wire: `pg.Query`, pg-cursor, pg-query-stream. */
export interface Submittable {
  submit(connection: unknown): void;
  handleError(error: Error, connection: unknown): void;
  text?: string;
  /** Of a cursor. */
  close?(callback: () => void): unknown;
  /** Of a stream. */
  destroy?(): unknown;
}

/** pg's own protocol connection, as far as we listen to it. */
export interface DriverConnection extends EventEmitter {
  readonly stream: Duplex;
  /** Called when the socket is ready to be read: plain, or within TLS. Not documented; without it nothing is contained. */
  attachListeners?(stream: Duplex): unknown;
}

/**
 * What we use of `pg.Client` (8.11 and later). The members with an underscore are not documented; each is used behind a
 * check, and what happens without it is said where it is used.
 */
export interface DriverClient extends EventEmitter {
  connect(callback: (error: Error | null | undefined) => void): void;
  query(query: unknown, values?: unknown, callback?: unknown): unknown;
  end(callback?: (error?: Error) => void): unknown;
  ref?(): void;
  unref?(): void;
  readonly connection?: DriverConnection;
  /** What pg has made of options, connection string and environment. */
  readonly connectionParameters?: { application_name?: string; readonly fallback_application_name?: string };
  readonly processID?: number | null;
  readonly secretKey?: number | null;
  readonly host?: string;
  readonly port?: number;
  readonly database?: string | undefined;
  readonly user?: string | undefined;
  readonly ssl?: unknown;
  /** `direct`: TLS from the first byte (PostgreSQL 17). */
  readonly sslNegotiation?: string;
  readonly readyForQuery?: boolean;
  /** Sends queries before earlier ones are answered. */
  readonly pipeline?: boolean;
  readonly _queryQueue?: readonly unknown[];
  readonly _sentQueryQueue?: readonly unknown[];
  /** What the server is answering now. */
  _activeQuery?: { readonly text?: string } | null;
  readonly _queryable?: boolean;
  readonly _ending?: boolean;
  getTransactionStatus?(): ReadyStatus | null;
  _errorAllQueries?(error: Error): void;
  /** Set by the pool at each checkout, as pg-pool does. */
  release?: (destroy?: unknown) => void;
  _poolUseCount?: number;
}

/** `pg.Client`, or a class of the user's that behaves like it. */
export type ClientClass = new (options: object) => DriverClient;
