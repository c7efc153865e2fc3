import process from 'node:process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ManualClock } from '@lifeguard/core/testing';
import { watchWorld } from '../../test/alert-world.ts';
import type { Heard } from '../../test/alert-world.ts';
import { FakePool } from '../../test/fake-pool.ts';
import type { AlertOptions } from './alert-options.ts';
import type { Alert } from './alert.ts';

const SECOND = 1_000;
const MINUTE = 60_000;

interface Limits {
  readonly quietMs: number;
  readonly remindMs: number;
  readonly maxPerMinute: number;
}

/** What may become of the pools, one step of a history. */
type Step = Passing | Change;

interface Passing {
  readonly kind: 'wait' | 'stall' | 'sleep';
  readonly ms: number;
}

type Change =
  | { readonly kind: 'show'; readonly pool: number; readonly used: number; readonly pending: number }
  | { readonly kind: 'leak'; readonly pool: number; readonly suspected: number }
  | { readonly kind: 'count'; readonly pool: number; readonly timeouts: number; readonly failures: number }
  | { readonly kind: 'connect'; readonly pool: number; readonly fails: boolean };

const POOLS = 4;
const poolIndex = fc.nat(POOLS - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(4 * MINUTE) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('stall' as const, 'sleep' as const),
      ms: fc.nat(5 * MINUTE),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('show' as const),
      pool: poolIndex,
      used: fc.constantFrom(0, 7, 8, 9, 10),
      pending: fc.constantFrom(0, 1, 20),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('leak' as const),
      pool: poolIndex,
      suspected: fc.constantFrom(0, 5, 6, 9),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('count' as const),
      pool: poolIndex,
      timeouts: fc.nat(3),
      failures: fc.nat(6),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('connect' as const), pool: poolIndex, fails: fc.boolean() }),
  },
);

const limits: fc.Arbitrary<Limits> = fc.record({
  quietMs: fc.constantFrom(0, 30 * SECOND, 5 * MINUTE),
  remindMs: fc.constantFrom(MINUTE, 20 * MINUTE, Infinity),
  maxPerMinute: fc.constantFrom(1, 2, 5, 20),
});

async function play(steps: readonly Step[], clock: ManualClock, pools: readonly FakePool[]): Promise<void> {
  for (const each of steps) {
    if ('pool' in each) change(pools[each.pool] as FakePool, each);
    else if (each.kind === 'wait') await clock.advance(each.ms);
    else if (each.kind === 'stall') await clock.stall(each.ms);
    else clock.suspend(each.ms);
  }
}

function change(pool: FakePool, step: Change): void {
  switch (step.kind) {
    case 'show':
      return pool.show({ used: step.used, pending: step.pending });
    case 'leak':
      return pool.show({ suspected: step.suspected });
    case 'count':
      return pool.count({ timeouts: step.timeouts, connectFailures: step.failures });
    case 'connect':
      return pool.show({ lastConnectError: step.fails ? 'no route' : undefined });
    default:
      return step satisfies never;
  }
}

/** What each alert was told of, one by one, with those that were told of together. */
function toldByAlert(heard: readonly Heard[]): Map<string, { status: Alert['status']; at: number }[]> {
  const told = new Map<string, { status: Alert['status']; at: number }[]>();
  for (const { at, notification } of heard) {
    const all = notification.status === 'more' ? notification.alerts : [notification];
    for (const { id, status } of all) told.set(id, [...(told.get(id) ?? []), { status, at }]);
  }
  return told;
}

function expectOrder(heard: readonly Heard[], { quietMs, remindMs, maxPerMinute }: Limits): void {
  for (const [id, told] of toldByAlert(heard)) {
    let isFiring = false;
    let before = -Infinity;
    for (const { status, at } of told) {
      expect([id, status, isFiring]).toEqual([id, status, status !== 'firing']);
      isFiring = status !== 'resolved';
      expect(at - before).toBeGreaterThanOrEqual(status === 'reminder' ? remindMs : quietMs);
      before = at;
    }
  }
  for (const { at } of heard) {
    const within = heard.filter((other) => other.at >= at && other.at < at + MINUTE);
    expect(within.length).toBeLessThanOrEqual(maxPerMinute);
  }
}

const firing = (heard: readonly Heard[]): string[] =>
  [...toldByAlert(heard)].filter(([, told]) => told.at(-1)?.status !== 'resolved').map(([id]) => id);

test('whatever happens, an end is told after each beginning, within all limits, and in the end what is told is what is so', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), limits, async (steps, chosen) => {
      const pools = Array.from({ length: POOLS }, (_, index) => new FakePool(`p${index}`));
      const options: AlertOptions = { pools, ...chosen };
      const { alerts, clock, heard } = watchWorld(options);
      await play(steps, clock, pools);
      // Nothing changes any more: what fires is told by then, and what is over as well.
      await clock.advance(40 * MINUTE);
      expectOrder(heard, chosen);
      expect(firing(heard).toSorted()).toEqual(alerts.firing.map(({ id }) => id).toSorted());
      for (const [index, pool] of pools.entries()) {
        const { used, suspected } = pool.glance();
        expect(firing(heard).includes(`usage-high/p${index}`)).toBe(
          used > 8 || (used === 8 && wasFiring(heard, index)),
        );
        if (suspected > 5) expect(firing(heard)).toContain(`leaks/p${index}`);
        if (suspected < 5) expect(firing(heard)).not.toContain(`leaks/p${index}`);
      }
      for (const pool of pools) pool.show({ used: 0, pending: 0, suspected: 0, lastConnectError: undefined });
      await clock.advance(40 * MINUTE);
      expectOrder(heard, chosen);
      expect(firing(heard)).toEqual([]);
      alerts.stop();
    }),
    { numRuns: Number(process.env['LG_RUNS'] ?? 60) },
  );
});

/** At the edge it stays what it was. */
function wasFiring(heard: readonly Heard[], index: number): boolean {
  return firing(heard).includes(`usage-high/p${index}`);
}
