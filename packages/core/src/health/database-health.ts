import type { Clock } from '../clock.ts';
import { InvalidOptionError } from '../errors.ts';
import { systemClock } from '../system-clock.ts';
import type { CheckedPool, PoolReadiness, ReadinessStatus } from './readiness.ts';

/** How a {@link DatabaseHealth} behaves. */
export interface DatabaseHealthOptions {
  /**
   * Milliseconds that a check may take.
   * @default 800 — orchestrators give a probe one second, and an answer is better than none.
   */
  readonly timeoutMs?: number;
  /**
   * Milliseconds for which an answer is given again: however many ask, the server is asked once in this time.
   * @default 1000
   */
  readonly maxAgeMs?: number;
  /** @default the system's clock */
  readonly clock?: Clock;
}

/** Whether this process can serve what needs its databases. */
export interface Readiness {
  /** That of the pool that is worst off. */
  readonly status: ReadinessStatus;
  readonly pools: readonly PoolReadiness[];
}

/** From the best to the worst. */
const STATUSES: readonly ReadinessStatus[] = ['ready', 'degraded', 'unreachable', 'draining'];

/**
 * What a load balancer and an orchestrator ask. A process that cannot reach its database is alive: to restart it would not
 * help the database, and would take its caches from it. One whose pool is exhausted is ready, though `degraded`: to take it
 * out of the balancing would send its load to the others, and exhaust them.
 *
 * @example
 * const health = new DatabaseHealth(pool);
 * app.use(expressHealth(health)); // GET /livez, GET /readyz
 * process.once('SIGTERM', () => health.drain());
 */
export class DatabaseHealth {
  readonly #pools: readonly CheckedPool[];
  readonly #timeoutMs: number;
  readonly #maxAgeMs: number;
  readonly #clock: Clock;
  #isDraining = false;
  #last: { readonly at: number; readonly readiness: Readiness } | undefined;
  #checking: Promise<Readiness> | undefined;

  /** Throws `LG_INVALID_OPTION`. */
  constructor(pools: CheckedPool | readonly CheckedPool[], options: DatabaseHealthOptions = {}) {
    this.#pools = 'checkHealth' in pools ? [pools] : [...pools];
    this.#timeoutMs = duration('timeoutMs', options.timeoutMs ?? 800, 1);
    this.#maxAgeMs = duration('maxAgeMs', options.maxAgeMs ?? 1_000, 0);
    this.#clock = options.clock ?? systemClock;
  }

  /** From now on it is not ready, whatever its pools say: requests should go elsewhere before the pools are closed. */
  drain(): void {
    this.#isDraining = true;
  }

  /** Never rejects. All who ask at the same time, or shortly after each other, get the same answer. */
  async ready(): Promise<Readiness> {
    const last = this.#last;
    const isFresh = last !== undefined && this.#clock.now() - last.at < this.#maxAgeMs;
    const readiness = isFresh ? last.readiness : await (this.#checking ??= this.#check());
    return this.#isDraining ? Object.freeze({ ...readiness, status: 'draining' }) : readiness;
  }

  async #check(): Promise<Readiness> {
    try {
      const pools = await Promise.all(this.#pools.map((pool) => pool.checkHealth(this.#timeoutMs)));
      const readiness = Object.freeze({ status: worstOf(pools), pools: Object.freeze(pools) });
      this.#last = { at: this.#clock.now(), readiness };
      return readiness;
    } finally {
      this.#checking = undefined;
    }
  }
}

function worstOf(pools: readonly PoolReadiness[]): ReadinessStatus {
  const worst = Math.max(0, ...pools.map(({ status }) => STATUSES.indexOf(status)));
  return STATUSES[worst] as ReadinessStatus;
}

function duration(option: string, value: number, least: number): number {
  if (typeof value === 'number' && value >= least && Number.isFinite(value)) return value;
  throw new InvalidOptionError(option, `a number of milliseconds, ${least} or more`, value);
}
