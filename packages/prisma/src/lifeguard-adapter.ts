import { PrismaPg } from '@prisma/adapter-pg';
import { LifeguardError } from '@lifeguard/core';
import type { LifeguardPool } from '@lifeguard/pg';

/** Options of `PrismaPg`. */
export type AdapterOptions = NonNullable<ConstructorParameters<typeof PrismaPg>[1]>;

type Connected = Awaited<ReturnType<PrismaPg['connect']>>;

/** Makes an adapter over something that Prisma takes, or should take, for a pool. */
type MakeAdapter = (pool: LifeguardPool) => Pick<PrismaPg, keyof PrismaPg>;

/**
 * `PrismaPg` over a pool of ours, also where the adapter has a copy of `pg` of its own: its `instanceof` then takes the pool for
 * connection options, and would connect to somewhere else without a word.
 */
export class LifeguardAdapter implements Pick<PrismaPg, keyof PrismaPg> {
  readonly provider = 'postgres';
  readonly adapterName: string;
  readonly #pool: LifeguardPool;
  readonly #make: MakeAdapter;

  constructor(pool: LifeguardPool, make: MakeAdapter) {
    this.#pool = pool;
    this.#make = make;
    this.adapterName = make(pool).adapterName;
  }

  /** Rejects with `LG_UNSUPPORTED` when the adapter cannot be brought to use the pool. */
  async connect(): Promise<Connected> {
    const first = await this.#make(this.#pool).connect();
    const taken = first.underlyingDriver();
    if (taken === this.#pool) return first;
    // A pool that has no connection yet.
    await first.dispose();
    const cured = asInstanceOf(taken, this.#pool);
    const second = await this.#make(cured).connect();
    if (second.underlyingDriver() === cured) return second;
    await second.dispose();
    throw notTaken(this.#pool);
  }

  /** For migrations. Rejects as {@link LifeguardAdapter.connect} does. */
  async connectToShadowDb(): Promise<Connected> {
    const taken = (await this.connect()).underlyingDriver();
    return this.#make(taken as LifeguardPool).connectToShadowDb();
  }
}

/**
 * Makes the adapter of a client that borrows from `pool`; the same as `new PrismaPg(pool, options)`, where that works.
 *
 * @example
 * const pool = new LifeguardPool({ connectionString: process.env.DATABASE_URL });
 * const prisma = new PrismaClient({ adapter: lifeguardAdapter(pool) }).$extends(lifeguardExtension({ pool }));
 */
export function lifeguardAdapter(pool: LifeguardPool, options?: AdapterOptions): LifeguardAdapter {
  return new LifeguardAdapter(pool, (taken) => new PrismaPg(taken, options));
}

/** The pool itself, but `instanceof` sees in it what the other one is. */
function asInstanceOf(other: object, pool: LifeguardPool): LifeguardPool {
  return new Proxy(pool, {
    getPrototypeOf: () => Object.getPrototypeOf(other) as object,
    // Its methods reach private members, which a proxy does not have.
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

function notTaken(pool: LifeguardPool): LifeguardError {
  return new LifeguardError('LG_UNSUPPORTED', {
    summary: `@prisma/adapter-pg does not take pool "${pool.name}" for a pool`,
    rows: [
      [
        'likely',
        'a version of @prisma/adapter-pg that this package does not know, or a bundle that has two copies of pg',
      ],
      ['fix', 'let @prisma/adapter-pg and @lifeguard/pg share one copy of pg (npm ls pg shows them)'],
    ],
  });
}
