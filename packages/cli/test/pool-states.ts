import { Pool, getPoolDiagnostics } from '@lifeguard/core';
import { seededRandom } from '@lifeguard/core/adapter';
import type { PoolSnapshot, Recommendation } from '@lifeguard/core';
import { FakeConnector, ManualClock } from '@lifeguard/core/testing';
import type { PoolState } from '../src/pool-state.ts';

const ADVICE: Recommendation = {
  rule: 'leaking-site',
  severity: 'critical',
  summary: 'src/orders.ts:42 createOrder keeps 2 of 3 connections, for up to 41s',
  evidence: ['idle in transaction, since 38s and longer', '2 leaks reported of this place'],
  change: 'wrap src/orders.ts:42 createOrder in managedTransaction(), or release in "finally"',
  risk: 'what is taken back is closed: a holder that goes on after all gets LG_LEASE_REVOKED',
};

/** A pool that nobody uses, on a clock that stands still. */
export function idleState(name = 'main'): PoolState {
  const clock = new ManualClock();
  const pool = new Pool(new FakeConnector(), {
    name,
    size: 2,
    maxOverflow: 1,
    clock,
    random: seededRandom(1),
  });
  const diagnosis = getPoolDiagnostics(pool);
  return { snapshot: diagnosis.pool, diagnosis, undiagnosed: undefined, health: 'healthy', reasons: [] };
}

/** A pool that leaks, as an application whose names are not to be trusted would describe it. */
export function leakingState(): PoolState {
  const { snapshot: idle, diagnosis } = idleState();
  const lease = {
    id: 7,
    heldMs: 41_000,
    idleMs: 38_000,
    site: { file: 'src/orders.ts', line: 42, column: 1, functionName: 'createOrder' },
    label: undefined,
    transaction: 'open',
    queries: 3,
    lastQuery: 'update "orders" set "state" = ?',
    suspected: true,
  } as unknown as PoolSnapshot['leases'][number];
  const snapshot = {
    ...idle,
    name: 'jobs\u001b[2J',
    used: 2,
    pending: 4,
    oldestWaitMs: 5_000,
    leases: [lease, lease],
  };
  return {
    snapshot,
    diagnosis: {
      ...(diagnosis as NonNullable<typeof diagnosis>),
      health: 'critical',
      pool: snapshot,
      potentialLeaks: [lease, lease],
      recommendations: [ADVICE],
    },
    undiagnosed: undefined,
    health: 'critical',
    reasons: ['2 of 2 connections in use are suspected of being leaked'],
  };
}
