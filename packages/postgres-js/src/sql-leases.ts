import type { Containment, ForeignPool, ForeignWait } from '@lifeguard/core/adapter';
import type { Backend } from './stock-query.ts';
import { WatchedConnection } from './watched-connection.ts';
import { whyRefused } from './why-refused.ts';

/** With what a connection goes back: the answer to its query, the end of its transaction, or a call of `release`. */
export type LentUntil = 'answer' | 'transaction' | 'release';

const connections = new WeakMap<Backend, WatchedConnection>();

/** The connection of this backend, if it is watched. */
export function connectionAt(backend: Backend): WatchedConnection | undefined {
  const connection = connections.get(backend);
  return connection?.is(backend) === true && connection.leases.isOn ? connection : undefined;
}

/** Which connections of one `sql` are known, and who holds them. */
export class SqlLeases {
  readonly #foreign: ForeignPool<WatchedConnection>;
  /** Those that have been used, until they are closed. At most as many as there may be connections. */
  readonly #known = new Set<WatchedConnection>();
  isOn = true;
  /** Runs what concerns them, in the midst of what postgres.js does. */
  readonly contain: Containment;

  constructor(foreign: ForeignPool<WatchedConnection>, contain: Containment) {
    this.contain = contain;
    this.#foreign = foreign;
  }

  /** Connections that nobody uses, as far as they are known: those whose closing would be noticed. */
  get idle(): number {
    let idle = 0;
    for (const { id, record } of this.#known) if (id !== undefined && record === undefined) idle += 1;
    return idle;
  }

  /** Whoever waits has got the connection of this backend. Where another one holds it, the query is one of theirs. */
  grant(wait: ForeignWait, backend: Backend, until: LentUntil): WatchedConnection | undefined {
    if (!this.isOn) {
      this.#foreign.forget(wait);
      return undefined;
    }
    const connection = this.#at(backend);
    // The answer to the former query was missed; it has been there, since another one has its turn.
    if (connection.record !== undefined && connection.isDone) this.release(connection);
    if (connection.record === undefined) this.#lend(wait, connection, until);
    else this.#foreign.forget(wait);
    return connection;
  }

  /** Whoever waits has got a connection, of which only a query will tell which. */
  grantUnknown(wait: ForeignWait): WatchedConnection | undefined {
    if (!this.isOn) {
      this.#foreign.forget(wait);
      return undefined;
    }
    const connection = new WatchedConnection(this);
    this.#lend(wait, connection, 'release');
    return connection;
  }

  /** It turns out which one it is. */
  recognise(connection: WatchedConnection, backend: Backend): WatchedConnection | undefined {
    if (!this.isOn || connection.record === undefined) return connectionAt(backend);
    if (connection.is(backend)) return connection;
    const before = connectionAt(backend);
    connection.identify(backend);
    connections.set(backend, connection);
    this.#known.add(connection);
    if (before === undefined) this.#foreign.connected(connection);
    else {
      connection.id = before.id;
      this.#known.delete(before);
    }
    return connection;
  }

  refuse(wait: ForeignWait, error: unknown): void {
    const why = whyRefused(error);
    if (why === undefined) this.#foreign.forget(wait);
    else this.#foreign.refuse(wait, why, error as Error);
  }

  /** Its holder has given it back; `isLost`: it was closed. */
  release(connection: WatchedConnection, isLost = false): void {
    const record = connection.takeBack();
    if (record !== undefined) this.#foreign.release(record, isLost);
  }

  /** The connection with this number was closed. */
  closed(id: unknown, isEnding: boolean): void {
    for (const connection of this.#known) if (connection.id === id) return this.#left(connection, isEnding);
  }

  #lend(wait: ForeignWait, connection: WatchedConnection, until: LentUntil): void {
    const record = this.#foreign.grant(wait, connection);
    if (record !== undefined) connection.lend(record, until, wait);
  }

  #at(backend: Backend): WatchedConnection {
    const known = connections.get(backend);
    if (known?.leases === this) {
      if (known.is(backend)) return known;
      // That it was closed was not heard of.
      this.#left(known, false);
    }
    const connection = new WatchedConnection(this);
    connection.identify(backend);
    connections.set(backend, connection);
    this.#known.add(connection);
    this.#foreign.connected(connection);
    return connection;
  }

  #left(connection: WatchedConnection, isEnding: boolean): void {
    const wasHeld = connection.record !== undefined;
    this.release(connection, true);
    if (!this.#known.delete(connection)) return;
    if (connection.backend !== undefined) connections.delete(connection.backend);
    this.#foreign.left(connection, isEnding ? 'pool-closed' : wasHeld ? 'disconnected' : 'unwanted');
  }
}
