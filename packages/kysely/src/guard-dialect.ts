import { MysqlAdapter } from 'kysely';
import { InvalidOptionError } from '@lifeguard/core';
import type { DatabaseIntrospector, Dialect, DialectAdapter, Driver, Kysely, QueryCompiler } from 'kysely';
import { registerGuard } from './guard-registry.ts';
import { GuardedDriver } from './guarded-driver.ts';
import { ignoreOwnFrames } from './own-frames.ts';
import { StrayQueries } from './stray-queries.ts';
import type { StrayQueryPolicy } from './stray-policy.ts';
import { QueryKiller, cannotKill } from './query-killer.ts';
import { Watch } from './watch.ts';
import type { WatchOptions } from './watch.ts';

ignoreOwnFrames();

/** How a dialect is guarded. */
export interface GuardDialectOptions extends WatchOptions {
  /**
   * What becomes of queries that are run with the instance inside a `managedTransaction()`, instead of with the transaction
   * that its callback is given. Not seen where Kysely itself lets only one caller have a connection (SQLite): there such a
   * query waits for the end of the transaction, before the driver hears of it.
   * @default 'warn' — most are mistakes, and some are not.
   */
  readonly strayQueries?: StrayQueryPolicy;
  /**
   * What becomes of a query that runs when its session ends. With `kill query`, for Kysely's `MysqlDialect` only, it is ended on
   * the server by `KILL QUERY`, over a connection of its own (give the dialect `controlConnection`, or it is one of the pool).
   * Then its connection is given back; where a second later it has not been, it is closed. Not for an address behind which
   * there are several servers without a proxy that knows of KILL: another connection may then lead to another server, on
   * which the number means somebody else's.
   * @default the query goes on until the database answers
   */
  readonly cancel?: 'kill query';
}

/** A dialect whose connections are watched. */
export interface GuardedDialect extends Dialect {
  /** Who holds connections now, and what was reported. */
  readonly lifeguard: Watch;
}

/**
 * Watches the connections of any dialect: MySQL, SQLite, SQL Server, or somebody's own. Everything the dialect can do it
 * still does. `dialect.lifeguard` tells who holds connections; leaks are reported to the logger and as the event `leak`.
 *
 * It watches. A connection that is held too long is reported and stays with its holder; when a session ends, its signal
 * aborts and further queries of the holder are refused, but the query that runs goes on until the database answers, unless
 * `cancel` says otherwise (MySQL). For PostgreSQL, use {@link LifeguardDialect}, which takes connections back. Throws
 * `LG_INVALID_OPTION`, and `LG_UNSUPPORTED` for `cancel` with another database.
 *
 * @example
 * const dialect = guardDialect(new MysqlDialect({ pool }), { name: 'orders', leakThresholdMs: 10_000 });
 * const db = new Kysely<Database>({ dialect });
 * console.log(dialect.lifeguard.holders().map(formatHolder));
 */
export function guardDialect(dialect: Dialect, options: GuardDialectOptions = {}): GuardedDialect {
  const { strayQueries, cancel, ...watchOptions } = options;
  checkCancel(dialect, cancel);
  return new WatchedDialect(dialect, new Watch(watchOptions), strayQueries, cancel === 'kill query');
}

class WatchedDialect implements GuardedDialect {
  readonly lifeguard: Watch;
  readonly #inner: Dialect;
  readonly #strays: StrayQueries;
  readonly #kills: boolean;

  constructor(inner: Dialect, watch: Watch, policy: StrayQueryPolicy | undefined, kills: boolean) {
    const { clock, reportIntervalMs, logger } = watch.options;
    this.#inner = inner;
    this.lifeguard = watch;
    this.#kills = kills;
    this.#strays = new StrayQueries({ policy, clock, reportIntervalMs, logger: () => logger });
  }

  createDriver(): Driver {
    const driver = this.#inner.createDriver();
    const killer = this.#kills ? new QueryKiller(driver, this.lifeguard.options.clock) : undefined;
    const isSingle = this.#inner.createAdapter().supportsMultipleConnections === false;
    return new GuardedDriver(driver, this.lifeguard, this.#strays, { isSingle, killer });
  }

  createQueryCompiler(): QueryCompiler {
    return this.#inner.createQueryCompiler();
  }

  createAdapter(): DialectAdapter {
    const adapter = this.#inner.createAdapter();
    this.#strays.covers(adapter);
    registerGuard(adapter, {
      revokes: this.#kills,
      sessionTimeoutMs: () => this.lifeguard.options.sessionTimeoutMs,
    });
    return adapter;
  }

  // Kysely's own signature.
  // oxlint-disable-next-line typescript/no-explicit-any
  createIntrospector(db: Kysely<any>): DatabaseIntrospector {
    return this.#inner.createIntrospector(db);
  }
}

function checkCancel(dialect: Dialect, cancel: GuardDialectOptions['cancel']): void {
  if (cancel === undefined) return;
  if (cancel !== 'kill query') throw new InvalidOptionError('cancel', "'kill query', or left out", cancel);
  if (!(dialect.createAdapter() instanceof MysqlAdapter)) throw cannotKill();
}
