import type { LeaseRecord } from '@lifeguard/core';
import type { Containment } from '@lifeguard/core/adapter';
import type { QueryFollower } from './follow-query.ts';
import type { QueryOutcome } from './query-outcome.ts';
import type { Backend } from './stock-query.ts';
import { noteId } from './watched-connection.ts';
import type { WatchedConnection } from './watched-connection.ts';

interface FollowedQueryParts {
  readonly contain: Containment;
  /** The connection of this backend, lent to whomever it is. `undefined` where nobody watches it. */
  readonly find: (backend: Backend) => WatchedConnection | undefined;
  /** It has ended without having got a connection. */
  readonly refused?: (outcome: QueryOutcome) => void;
}

/** A query told to the record of whoever holds its connection. */
export class FollowedQuery implements QueryFollower {
  readonly #parts: FollowedQueryParts;
  #connection: WatchedConnection | undefined;
  #record: LeaseRecord | undefined;
  #wasGranted = false;
  #wasSent = false;

  constructor(parts: FollowedQueryParts) {
    this.#parts = parts;
  }

  /** As soon as it is known whose connection it is on, that of its leases. */
  get contain(): Containment {
    return this.#connection?.leases.contain ?? this.#parts.contain;
  }

  granted(backend: Backend): void {
    this.#wasGranted = true;
    this.#connection = this.#parts.find(backend);
    this.#record = this.#connection?.record;
  }

  sent(text: string): void {
    this.#wasSent = true;
    this.#connection?.sent(text);
  }

  identified(backend: Backend, id: number): void {
    noteId(backend, id);
    const connection = this.#connection;
    if (connection?.backend === backend) connection.id = id;
  }

  paused(): void {
    if (this.#isHere) this.#connection?.paused();
  }

  resumed(): void {
    if (this.#isHere) this.#connection?.resumed();
  }

  ended(outcome: QueryOutcome): void {
    if (!this.#wasGranted) return this.#parts.refused?.(outcome);
    const connection = this.#connection;
    if (connection === undefined || !this.#isHere) return;
    if (this.#wasSent) connection.answered(outcome);
    if (connection.record !== undefined && connection.isDone) connection.leases.release(connection);
  }

  /** Whether its connection was not given back in the meantime: then it may be somebody else's. */
  get #isHere(): boolean {
    return this.#connection?.record === this.#record;
  }
}
