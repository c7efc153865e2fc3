import { expect, it, onTestFinished } from 'vitest';
import { makePool } from '../test/pool-fixture.ts';
import { witnessLeases } from './lease-witness.ts';
import type { LeaseWitness } from './lease-witness.ts';
import { LeaseTracker } from './lease-tracker.ts';
import { resolvePoolOptions } from './resolve-pool-options.ts';
import { ManualClock } from './testing/index.ts';

/** A witness that writes down what it is told, until the test is over. */
function watchLeases(depth = 50): { readonly told: string[]; readonly end: () => void } {
  const told: string[] = [];
  const asked = new Map<object, number>();
  const witness: LeaseWitness = {
    depth,
    asked: (origin) => {
      asked.set(origin, asked.size + 1);
      told.push(`asked ${asked.size}`);
    },
    opened: (record, origin, tracker) => {
      told.push(`${tracker.name} opened ${record.id} for ${asked.get(origin)}`);
    },
    closed: (record) => void told.push(`${record.state.kind} ${record.id}`),
  };
  const end = witnessLeases(witness);
  onTestFinished(end);
  return { told, end };
}

it('is told of every lease, and which of those who asked has got it', async () => {
  const { told } = watchLeases();
  const { pool } = makePool({ size: 1, name: 'orders' });
  const first = await pool.acquire();
  const second = pool.acquire();
  first.release();
  (await second).destroy();
  expect(told).toEqual([
    'asked 1',
    'orders opened 1 for 1',
    'asked 2',
    'released 1',
    'orders opened 2 for 2',
    'released 2',
  ]);
});

it('is told of a lease that was taken back', async () => {
  const { told } = watchLeases();
  const { pool, clock } = makePool({ size: 1, name: 'orders' });
  await pool.acquire();
  const closed = pool.close({ drainMs: 0 });
  await clock.advance(10_000);
  await closed;
  expect(told.at(-1)).toBe('revoked 1');
});

it('makes every acquire have its stack, also where the pool takes none', async () => {
  watchLeases();
  const { pool, take } = makePool({ stacks: { mode: 'off' } });
  const [lease] = await take(1);
  expect(lease && pool.tracker.view(lease.record).site?.file).toMatch(/pool-fixture|lease-witness/);
  lease?.release();
});

it('says how deep those stacks are', async () => {
  watchLeases(1);
  const { pool } = makePool({ stacks: { mode: 'always', depth: 40 } });
  const lease = await pool.acquire();
  // The only frame is our own.
  expect(pool.tracker.view(lease.record).frames).toEqual([]);
  lease.release();
});

it('is told no more when it has gone, and pools are as they were', async () => {
  const { told, end } = watchLeases();
  end();
  const { pool } = makePool({ stacks: { mode: 'off' } });
  const lease = await pool.acquire();
  expect(told).toEqual([]);
  expect(pool.tracker.view(lease.record).site).toBeUndefined();
  lease.release();
});

it('of one that has taken the place of another, the end of the former changes nothing', () => {
  const former = watchLeases();
  const { told } = watchLeases();
  former.end();
  const tracker = new LeaseTracker(resolvePoolOptions({ clock: new ManualClock(), name: 'watched' }));
  const record = tracker.open({ revoke: () => false }, tracker.origin());
  tracker.close(record, { kind: 'released' });
  expect(former.told).toEqual([]);
  expect(told).toEqual(['asked 1', 'watched opened 1 for 1', 'released 1']);
});

it('is told of a stack that somebody else has taken, in place of one of ours', () => {
  const stack = new Error('elsewhere');
  watchLeases();
  const tracker = new LeaseTracker({ ...resolvePoolOptions({ size: 1 }), clock: new ManualClock() });
  expect(tracker.origin({ stack }).stack).toBe(stack);
  expect(tracker.origin({}).stack?.message).toBe('acquired here');
});
