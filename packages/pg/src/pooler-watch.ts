import type { Clock, LeaseRecord } from '@lifeguard/core';
import { altersSession } from './session-state.ts';
import type { ServerSettings } from './server-settings.ts';
import type { LimitsInForce } from './transaction-limits.ts';

/** How long the limits in force are taken for known behind a pooler. Somebody may change them on the role. */
const KNOWN_FOR_MS = 60_000;

/** What somebody says of a pooler in between: to find out, one that gives a backend for a transaction, or none such. */
export type PoolerOption = 'auto' | 'transaction' | 'none';

/** Whom a {@link PoolerWatch} tells what; each once. */
export interface PoolerListener {
  /** A pooler is there, and nobody had said so. */
  onFound?(): void;
  /** A statement was sent through it that changes a backend session: whoever has the backend next will find it so. */
  onAltered?(sql: string, record: LeaseRecord): void;
}

/**
 * Whether a pooler such as PgBouncer stands between a pool and its server, and what is the same for all its connections
 * then. It is asked along with the settings of a new connection: the backend that answers tells its number, and a pooler
 * has given us another one at the handshake. That holds in every mode of the pooler; so one in session mode counts as well:
 * what is safe behind the others is safe there, and which it is cannot be told from outside.
 */
export class PoolerWatch {
  readonly #clock: Clock;
  readonly #isDeclared: boolean;
  readonly #listener: PoolerListener;
  #isBehind: boolean | undefined;
  #isAlteredTold = false;
  #limits: { readonly inForce: LimitsInForce; readonly readAt: number } | undefined;

  constructor(clock: Clock, pooler: PoolerOption, listener: PoolerListener = {}) {
    this.#clock = clock;
    this.#isDeclared = pooler !== 'auto';
    this.#isBehind = pooler === 'auto' ? undefined : pooler === 'transaction';
    this.#listener = listener;
  }

  /** `undefined` until it is known. */
  get isBehind(): boolean | undefined {
    return this.#isBehind;
  }

  /**
   * The limits that hold for each transaction, if they were read not long ago: behind a pooler those of role and database
   * hold for all connections, and asking again would wait for a backend. Else `undefined`.
   */
  get knownLimits(): LimitsInForce | undefined {
    const limits = this.#isBehind === true ? this.#limits : undefined;
    if (limits === undefined || this.#clock.now() - limits.readAt > KNOWN_FOR_MS) return undefined;
    return limits.inForce;
  }

  /** A new connection has been asked. What somebody has declared is not doubted. */
  learn({ limits, behindPooler }: ServerSettings): void {
    this.#limits = { inForce: limits, readAt: this.#clock.now() };
    if (this.#isDeclared) return;
    const isNews = behindPooler && this.#isBehind !== true;
    this.#isBehind = behindPooler;
    if (isNews) this.#listener.onFound?.();
  }

  /** A holder sends a statement. Only the first that changes a session is told of: there are as many as there are requests. */
  notice(sql: string | undefined, record: LeaseRecord): void {
    if (this.#isBehind !== true || this.#isAlteredTold || sql === undefined || !altersSession(sql)) return;
    this.#isAlteredTold = true;
    this.#listener.onAltered?.(sql, record);
  }
}
