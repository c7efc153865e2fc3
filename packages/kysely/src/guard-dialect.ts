import type { DatabaseIntrospector, Dialect, DialectAdapter, Driver, Kysely, QueryCompiler } from 'kysely';
import { registerGuard } from './guard-registry.ts';
import { GuardedDriver } from './guarded-driver.ts';
import { ignoreOwnFrames } from './own-frames.ts';
import { StrayQueries } from './stray-queries.ts';
import type { StrayQueryPolicy } from './stray-policy.ts';
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
 * It can only watch. A connection that is held too long is reported and stays with its holder; when a session ends, its
 * signal aborts and further queries of the holder are refused, but the query that runs goes on until the database answers.
 * For PostgreSQL, use {@link LifeguardDialect}, which takes connections back. Throws `LG_INVALID_OPTION`.
 *
 * @example
 * const dialect = guardDialect(new MysqlDialect({ pool }), { name: 'orders', leakThresholdMs: 10_000 });
 * const db = new Kysely<Database>({ dialect });
 * console.log(dialect.lifeguard.holders().map(formatHolder));
 */
export function guardDialect(dialect: Dialect, options: GuardDialectOptions = {}): GuardedDialect {
  const { strayQueries, ...watchOptions } = options;
  return new WatchedDialect(dialect, new Watch(watchOptions), strayQueries);
}

class WatchedDialect implements GuardedDialect {
  readonly lifeguard: Watch;
  readonly #inner: Dialect;
  readonly #strays: StrayQueries;

  constructor(inner: Dialect, watch: Watch, policy: StrayQueryPolicy | undefined) {
    const { clock, reportIntervalMs, logger } = watch.options;
    this.#inner = inner;
    this.lifeguard = watch;
    this.#strays = new StrayQueries({ policy, clock, reportIntervalMs, logger: () => logger });
  }

  createDriver(): Driver {
    return new GuardedDriver(this.#inner.createDriver(), this.lifeguard, this.#strays);
  }

  createQueryCompiler(): QueryCompiler {
    return this.#inner.createQueryCompiler();
  }

  createAdapter(): DialectAdapter {
    const adapter = this.#inner.createAdapter();
    this.#strays.covers(adapter);
    registerGuard(adapter, {
      revokes: false,
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
