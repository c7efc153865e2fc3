import { expect, onTestFinished } from 'vitest';
import type { Lease } from '../src/lease.ts';
import type { PoolOptions } from '../src/pool-options.ts';
import { Pool } from '../src/pool.ts';
import { seededRandom } from '../src/random.ts';
import { FakeConnector, ManualClock, settle } from '../src/testing/index.ts';
import type { FakeConnection } from '../src/testing/index.ts';

type FakeLease = Lease<FakeConnection>;

interface Fixture {
  readonly pool: Pool<FakeConnection>;
  readonly clock: ManualClock;
  readonly connector: FakeConnector;
  /** What the logger was told, by level. */
  readonly logged: string[];
  /** Takes `count` leases at once. */
  take(count: number): Promise<FakeLease[]>;
}

/** A pool on a clock that stands still. Whatever the test did to it, it must end with nothing open and nothing waiting. */
export function makePool(
  options: PoolOptions = {},
  connector: FakeConnector = new FakeConnector(),
  clock: ManualClock = new ManualClock(),
): Fixture {
  const logged: string[] = [];
  const logger = {
    warn: (_: object, text: string) => void logged.push(`warn ${text}`),
    error: (_: object, text: string) => void logged.push(`error ${text}`),
  };
  const pool = new Pool(connector, {
    size: 2,
    maxOverflow: 0,
    random: seededRandom(1),
    logger,
    clock,
    ...options,
  });
  const take = (count: number): Promise<FakeLease[]> =>
    Promise.all(Array.from({ length: count }, () => pool.acquire()));
  onTestFinished(async () => {
    pool.audit();
    const closed = pool.close({ drainMs: 0 });
    // Long enough for every call that hangs to be given up, and for every lost connection to be forgotten.
    await clock.advance(200_000);
    await closed;
    pool.audit();
    const nobody = { used: 0, idle: 0, connecting: 0, resetting: 0, closing: 0, lost: 0, pending: 0 };
    expect(pool.counts()).toMatchObject(nobody);
    expect(clock.keepAliveTimers).toBe(0);
    const { acquired, released, revoked, connected, closed: gone } = pool.snapshot().counters;
    expect(released + revoked).toBeLessThanOrEqual(acquired);
    expect(gone).toBe(connected);
  });
  return { pool, clock, connector, logged, take };
}

/** A promise whose state can be looked at. */
export interface Watched<T> {
  status: 'pending' | 'fulfilled' | 'rejected';
  value: T | undefined;
  error: unknown;
}

/** Watches a promise, so that a rejection which comes early is not an unhandled one. */
export function watch<T>(promise: Promise<T>): Watched<T> {
  const watched: Watched<T> = { status: 'pending', value: undefined, error: undefined };
  promise.then(
    (value) => Object.assign(watched, { status: 'fulfilled', value }),
    (error: unknown) => Object.assign(watched, { status: 'rejected', error }),
  );
  return watched;
}

/** The states of several promises, once what is due now has run. */
export async function statuses(all: readonly Watched<unknown>[]): Promise<string> {
  await settle();
  return all.map((each) => each.status).join(' ');
}
