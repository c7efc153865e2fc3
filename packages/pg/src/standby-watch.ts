import type { EventEmitter } from 'node:events';
import { logSafely } from '@lifeguard/core/adapter';
import type { Clock, Logger } from '@lifeguard/core';
import { tellListeners } from './tell-listeners.ts';

/** Not more often than this: until the address leads to the new primary, every new connection finds the standby again. */
const PAUSE_MS = 1_000;

/**
 * Knows whether a pool that wrote to a primary has ended up on a standby: after a failover its connections may lead to the
 * server that was demoted, or to a replica, and would refuse every write for as long as they live. A pool that has never
 * seen a primary is meant for a replica, and is left alone; so is who has asked for a transaction that only reads.
 */
export class StandbyWatch {
  readonly #clock: Clock;
  readonly #onDemoted: () => void;
  #hasSeenPrimary = false;
  #toldAt = -Infinity;

  constructor(clock: Clock, onDemoted: () => void) {
    this.#clock = clock;
    this.#onDemoted = onDemoted;
  }

  /** A connection is open. `isStandby` as the server says; `undefined` before PostgreSQL 14, and behind most poolers. */
  connected(isStandby: boolean | undefined): void {
    if (isStandby === false) this.#hasSeenPrimary = true;
  }

  /** A write was refused with 25006. */
  writeRefused(isStandby: boolean | undefined): void {
    if (isStandby !== true || !this.#hasSeenPrimary) return;
    const now = this.#clock.now();
    if (now - this.#toldAt < PAUSE_MS) return;
    this.#toldAt = now;
    this.#onDemoted();
  }
}

type Demoted = EventEmitter & { readonly name: string; evict(): void };

/** After a failover the address leads elsewhere; the connections that are open still lead to where writes are refused. */
export function leaveDemoted(pool: Demoted, logger: Logger): void {
  const text =
    'a standby has refused a write (25006) where a primary was before; all connections are replaced';
  logSafely(logger, 'warn', { pool: pool.name, sqlState: '25006' }, `pool "${pool.name}": ${text}`);
  pool.evict();
  tellListeners(pool, 'demoted', [], logger);
}
