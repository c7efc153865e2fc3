import { PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely';
import type { DatabaseIntrospector, Dialect, DialectAdapter, Driver, Kysely, QueryCompiler } from 'kysely';
import { InvalidOptionError, LifeguardError, systemClock } from '@lifeguard/core';
import { processWarningLogger } from '@lifeguard/core/adapter';
import type { Logger } from '@lifeguard/core';
import type { LifeguardDialectOptions } from './dialect-options.ts';
import type { GuardedPool } from './driver-types.ts';
import { registerGuard } from './guard-registry.ts';
import { LifeguardDriver } from './lifeguard-driver.ts';
import { ignoreOwnFrames } from './own-frames.ts';
import { StrayQueries } from './stray-queries.ts';

ignoreOwnFrames();

/** A place that strays is named once a minute. */
const REPORT_INTERVAL_MS = 60_000;

/**
 * Kysely's PostgreSQL dialect over a pool of Lifeguard. Every connection that Kysely takes is a lease: the pool knows the
 * line of code that holds it, and can take it back. SQL, types and introspection are those of Kysely's `PostgresDialect`.
 *
 * It differs from that one where that one loses connections: a hook that throws closes its connection; a wait that is
 * aborted leaves the queue; a query on a connection that was given back is refused before it is sent.
 *
 * Takes a `LifeguardPool`, or the options for one (then `@lifeguard/pg` must be installed; it is loaded with the first
 * query). `db.destroy()` ends the pool in both cases, once a query has been run, as in Kysely. Throws `LG_INVALID_OPTION`
 * for a pool that is not a Lifeguard's.
 *
 * @example
 * const db = new Kysely<Database>({
 *   dialect: new LifeguardDialect({ pool: new LifeguardPool({ connectionString: process.env.DATABASE_URL }) }),
 * });
 */
export class LifeguardDialect implements Dialect {
  readonly #options: LifeguardDialectOptions;
  readonly #strays: StrayQueries;
  #pool: GuardedPool | undefined;

  constructor(options: LifeguardDialectOptions) {
    this.#options = options;
    this.#strays = new StrayQueries({
      policy: options.strayQueries,
      clock: systemClock,
      reportIntervalMs: REPORT_INTERVAL_MS,
      logger: () => loggerOf(this.#pool),
    });
    if (options.pool !== undefined && typeof options.pool !== 'function')
      this.#pool = checkPool(options.pool);
  }

  createDriver(): Driver {
    return new LifeguardDriver(() => this.#openPool(), this.#options, this.#strays);
  }

  createQueryCompiler(): QueryCompiler {
    return new PostgresQueryCompiler();
  }

  createAdapter(): DialectAdapter {
    const adapter = new PostgresAdapter();
    this.#strays.covers(adapter);
    registerGuard(adapter, {
      revokes: true,
      sessionTimeoutMs: () => this.#sessionTimeoutMs(),
      cancelQuery: async (record) => this.#pool?.cancelQuery?.(record),
    });
    return adapter;
  }

  // Kysely's own signature: introspection reads the catalogue, whatever tables the application knows.
  // oxlint-disable-next-line typescript/no-explicit-any
  createIntrospector(db: Kysely<any>): DatabaseIntrospector {
    return new PostgresIntrospector(db);
  }

  #sessionTimeoutMs(): number | undefined {
    if (this.#pool !== undefined) return this.#pool.sessionTimeoutMs;
    return this.#options.pool === undefined ? this.#options.sessionTimeoutMs : undefined;
  }

  async #openPool(): Promise<GuardedPool> {
    const { pool } = this.#options;
    if (typeof pool === 'function') this.#pool = checkPool(await pool());
    else if (pool === undefined) this.#pool = await createPool(this.#options);
    return this.#pool as GuardedPool;
  }
}

async function createPool(options: LifeguardDialectOptions): Promise<GuardedPool> {
  const {
    cursor: _,
    onCreateConnection: __,
    onReserveConnection: ___,
    label: ____,
    strayQueries: _____,
    ...poolOptions
  } = options;
  const { LifeguardPool } = await importPg();
  return new LifeguardPool(poolOptions);
}

interface PgPackage {
  readonly LifeguardPool: new (options: object) => GuardedPool;
}

async function importPg(): Promise<PgPackage> {
  // Not a literal: the compiler must not follow it, since the package is an optional peer.
  const name: string = '@lifeguard/pg';
  try {
    return (await import(name)) as PgPackage;
  } catch (cause) {
    throw new LifeguardError('LG_UNSUPPORTED', {
      summary: 'LifeguardDialect was given connection options, but "@lifeguard/pg" cannot be loaded',
      rows: [['fix', 'install @lifeguard/pg and pg, or pass a pool']],
      cause,
    });
  }
}

function loggerOf(pool: GuardedPool | undefined): Logger {
  const { logger } = (pool?.options ?? {}) as { logger?: Logger };
  return logger ?? processWarningLogger;
}

function checkPool(pool: GuardedPool): GuardedPool {
  if (typeof (pool as Partial<GuardedPool> | null)?.lease === 'function') return pool;
  throw new InvalidOptionError(
    'pool',
    'a LifeguardPool (for a pg.Pool use guardDialect(new PostgresDialect({ pool })))',
    pool,
  );
}
