import { Pool, runSession } from '@lifeguard/core';
import { seededRandom } from '@lifeguard/core/adapter';
import type { PoolOptions } from '@lifeguard/core';
import { FakeConnector } from '@lifeguard/core/testing';
import type { Borrowed, Contender } from './contender.ts';
import type { VirtualClock } from './virtual-clock.ts';
import { virtualPgPool } from './virtual-pg-pool.ts';

export const CONNECTIONS = 10;
/** What opening a connection takes. */
const CONNECT_MS = 5;

/** Makes a contender on a clock. */
export type MakeContender = (clock: VirtualClock) => Contender;

/** How Lifeguard is told of deadlines: by a session around the work, or only by a limit for the acquire. */
type Told = 'session' | { readonly timeoutMs: number };

class SlowConnector extends FakeConnector {
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    super();
    this.#clock = clock;
  }

  override async connect(
    context: Parameters<FakeConnector['connect']>[0],
  ): ReturnType<FakeConnector['connect']> {
    await this.#clock.sleep(CONNECT_MS);
    return super.connect(context);
  }
}

/** Lifeguard with connections that do nothing but take time. */
export function lifeguard(name: string, told: Told, options: PoolOptions): MakeContender {
  return (clock) => {
    const quiet = { warn: () => undefined, error: () => undefined };
    const pool = new Pool(new SlowConnector(clock), {
      size: CONNECTIONS,
      maxOverflow: 0,
      stacks: { mode: 'off' },
      prePing: false,
      logger: quiet,
      clock,
      random: seededRandom(1),
      ...options,
    });
    const borrow = async (job: (borrowed: Borrowed) => Promise<void>, timeoutMs?: number): Promise<void> => {
      const lease = await pool.acquire(timeoutMs === undefined ? {} : { timeoutMs });
      try {
        await job({});
      } finally {
        lease.release();
      }
    };
    return {
      name,
      run: (deadlineMs, job) =>
        told === 'session'
          ? runSession({ timeoutMs: deadlineMs, clock }, () => borrow(job))
          : borrow(job, told.timeoutMs),
      close: () => pool.close({ drainMs: 0 }).then(() => undefined),
    };
  };
}

/** The pools that are compared. */
export const CONTENDERS: readonly MakeContender[] = [
  virtualPgPool('pg-pool, timeout 0', 0, CONNECTIONS, CONNECT_MS),
  virtualPgPool('pg-pool, timeout 500', 500, CONNECTIONS, CONNECT_MS),
  virtualPgPool('pg-pool, timeout 2000', 2_000, CONNECTIONS, CONNECT_MS),
  virtualPgPool('pg-pool, timeout 250', 250, CONNECTIONS, CONNECT_MS),
  lifeguard('Lifeguard fifo, timeout 500', { timeoutMs: 500 }, { queuePolicy: 'fifo' }),
  lifeguard('Lifeguard fifo, in sessions', 'session', { queuePolicy: 'fifo' }),
  lifeguard('Lifeguard controlled, timeout 500', { timeoutMs: 500 }, { queuePolicy: 'controlled' }),
  lifeguard('Lifeguard controlled, in sessions', 'session', { queuePolicy: 'controlled' }),
];
