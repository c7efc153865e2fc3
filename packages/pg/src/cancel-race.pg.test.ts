import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '@lifeguard/core';
import pg from 'pg';
import { expect, test } from 'vitest';
import { usePostgres } from '../test/pool-fixture.ts';
import { cancelRequest } from './cancel-request.ts';

const db = usePostgres();

/**
 * How many cancels are tried, half of them in each way: 2,000, or what `LG_CANCELS` says (100000 for a night). Without the
 * fence, that is when a request counts as taken once it is sent, 2,000 hit about 15 innocents.
 */
const CANCELS = Number(process.env['LG_CANCELS'] ?? 2_000);
/** Side by side: a round mostly waits. */
const LANES = 8;
const ROUNDS = Math.ceil(CANCELS / 2 / LANES);
/** On a slow machine about 20 ms a cancel. */
const LIMIT_MS = 60_000 + CANCELS * 20;

/** Ends about when the cancel arrives: sometimes before, sometimes after. */
const TIGHT = 'select pg_sleep(0.002)';

interface Outcomes {
  cancelled: number;
  ended: number;
  /** Hit by a cancel that was not for them. */
  innocents: number;
  /** Requests of which nobody knows whether they have arrived; their connection is closed. */
  unknown: number;
}

/** Runs `lane` several times side by side, and counts together. */
async function countOutcomes(lane: (outcomes: Outcomes) => Promise<void>): Promise<Outcomes> {
  const outcomes = { cancelled: 0, ended: 0, innocents: 0, unknown: 0 };
  await Promise.all(Array.from({ length: LANES }, () => lane(outcomes)));
  return outcomes;
}

/** No statement but the one that was meant is stopped, and the race was one: both ends have been seen. */
function expectNobodyHit(outcomes: Outcomes): void {
  expect(outcomes.innocents).toBe(0);
  expect(outcomes.cancelled + outcomes.ended).toBe(ROUNDS * LANES);
  expect(outcomes.cancelled).toBeGreaterThan(0);
  expect(outcomes.ended).toBeGreaterThan(0);
}

/** An innocent statement has failed. When it was not stopped, its connection was closed, in doubt. */
const countFailure = (outcomes: Outcomes, error: { code?: string }): void =>
  void (outcomes[error.code === '57014' ? 'innocents' : 'unknown'] += 1);

test(
  'a cancel request that comes too late never hits the next query',
  async () => {
    const outcomes = await countOutcomes(async (counted) => {
      const client = new pg.Client(db.url);
      await client.connect();
      for (let round = 0; round < ROUNDS; round += 1) {
        const query = client.query(TIGHT).then(
          () => 'ended' as const,
          () => 'cancelled' as const,
        );
        await delay(1);
        const outcome = await cancelRequest(client, systemClock, 10_000);
        counted[await query] += 1;
        if (outcome === 'unknown') counted.unknown += 1;
        await client.query('select 1').catch((error: { code?: string }) => countFailure(counted, error));
      }
      await client.end();
    });
    expectNobodyHit(outcomes);
  },
  LIMIT_MS,
);

test(
  'neither what a lease sends during its cancel is hit, nor who gets the connection next',
  async () => {
    const pool = db.makePool({ max: LANES });
    const outcomes = await countOutcomes(async (counted) => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const lease = await pool.lease();
        const query = lease.query(TIGHT).then(
          () => 'ended' as const,
          () => 'cancelled' as const,
        );
        await delay(1);
        const failed = (error: { code?: string }): void => countFailure(counted, error);
        const cancelled = lease.cancel();
        const behind = lease.query('select 1').catch(failed);
        counted[await query] += 1;
        await behind;
        const again = lease.cancel().catch(failed);
        lease.release();
        await pool.query('select 1').catch(failed);
        await Promise.all([cancelled, again]);
      }
    });
    expectNobodyHit(outcomes);
    // The same connections went on: hardly any was closed in doubt.
    expect(pool.snapshot().counters.connected).toBeLessThanOrEqual(LANES + CANCELS / 100);
  },
  LIMIT_MS,
);
