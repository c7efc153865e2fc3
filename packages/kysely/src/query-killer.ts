import { CompiledQuery, createQueryId } from 'kysely';
import type { DatabaseConnection, Driver } from 'kysely';
import { LifeguardError } from '@lifeguard/core';
import { Mutex, outsideAsyncContext } from '@lifeguard/core/adapter';
import type { Clock } from '@lifeguard/core';
import type { Execute } from './connection-holder.ts';

/** Kysely makes a connection for each; a deadline that a hundred queries miss at once must not make a hundred. */
const AT_ONCE = 4;
/** Until the server has answered the command that ends a query; waiting for a turn counts. */
const KILL_LIMIT_MS = 5_000;
/** Until the connection answers again. */
const ANSWER_LIMIT_MS = 1_000;

/**
 * Ends on the server what a connection of Kysely's `MysqlDialect` runs, by `KILL QUERY` over another connection, and waits
 * until that can hit nothing more: the command names a connection and not a query, so until it has been answered nobody
 * else may have that one.
 */
export class QueryKiller {
  readonly #inner: Driver;
  readonly #clock: Clock;
  readonly #lanes = Array.from({ length: AT_ONCE }, () => new Mutex());
  #turn = 0;

  constructor(inner: Driver, clock: Clock) {
    this.#inner = inner;
    this.#clock = clock;
  }

  /** Has the connection learn the number that the server knows it by. Throws `LG_UNSUPPORTED`. */
  async prepare(connection: DatabaseConnection): Promise<void> {
    if (connection.cancelQuery === undefined || connection.killSession === undefined) throw cannotKill();
    await connection.collectSessionInfo?.();
  }

  /**
   * Ends what runs now. Resolves when the connection is fit for what comes next; in doubt it is closed. Never rejects.
   * `execute` sends past whatever holds queries back.
   */
  async kill(connection: DatabaseConnection, execute: Execute): Promise<void> {
    const isOver = await this.#within(KILL_LIMIT_MS, (signal) => this.#inTurn(connection, signal));
    // A server that notes the command a moment after it has answered it would end this.
    const answers =
      isOver && (await this.#within(ANSWER_LIMIT_MS, () => execute(nothing()).catch(() => undefined)));
    if (!answers) this.close(connection);
  }

  /**
   * Takes the connection out of the pool beneath, at once and for good, and ends on the server what it runs. What is sent
   * on it from now on rejects.
   */
  close(connection: DatabaseConnection): void {
    // The socket is gone before this returns; what follows may fail, or wait for a server that does not answer.
    outsideAsyncContext(() => connection.killSession?.(this.#provide))?.catch(() => undefined);
  }

  async #inTurn(connection: DatabaseConnection, signal: AbortSignal): Promise<void> {
    this.#turn = (this.#turn + 1) % AT_ONCE;
    const leave = await this.#lanes[this.#turn]?.enter();
    signal.addEventListener('abort', () => leave?.(), { once: true });
    try {
      if (!signal.aborted) await connection.cancelQuery?.(this.#provide);
    } finally {
      leave?.();
    }
  }

  /** For a dialect without `controlConnection`: one of the same pool, once there is one. */
  readonly #provide: ConnectionProvider = async (consumer) => {
    const control = await this.#inner.acquireConnection();
    try {
      return await consumer(control);
    } finally {
      await this.#inner.releaseConnection(control);
    }
  };

  /** Whether `work` has succeeded in time. */
  async #within(limitMs: number, work: (signal: AbortSignal) => Promise<unknown>): Promise<boolean> {
    const late = new AbortController();
    const over = Promise.withResolvers<boolean>();
    const timer = this.#clock.setTimer(limitMs, () => {
      late.abort();
      over.resolve(false);
    });
    // Whoever set this off is over; what is made here must not belong to their session, or keep their store alive.
    outsideAsyncContext(() => work(late.signal)).then(
      () => over.resolve(true),
      () => over.resolve(false),
    );
    const isDone = await over.promise;
    timer.cancel();
    return isDone;
  }
}

type ConnectionProvider = Parameters<NonNullable<DatabaseConnection['cancelQuery']>>[0];

function nothing(): CompiledQuery {
  return { ...CompiledQuery.raw('select 1'), queryId: createQueryId() };
}

/** Where `cancel` was asked for in vain. */
export function cannotKill(): LifeguardError {
  return new LifeguardError('LG_UNSUPPORTED', {
    summary: "cancel: 'kill query' needs Kysely's MysqlDialect, of Kysely 0.29 or later",
    rows: [['fix', 'for PostgreSQL use LifeguardDialect; elsewhere leave the option out']],
  });
}
