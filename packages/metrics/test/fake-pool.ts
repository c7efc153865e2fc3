import { Pool } from '@lifeguard/core';
import { Histogram } from '@lifeguard/core/adapter';
import type { HolderView, LivePool, PoolCounters, PoolGlance, PoolSnapshot } from '@lifeguard/core';
import { FakeConnector, ManualClock } from '@lifeguard/core/testing';

/** Of a pool of 10 that nobody has used yet. */
const FRESH = new Pool(new FakeConnector(), { size: 10, maxOverflow: 0, clock: new ManualClock() });

/** A pool of which a test says what it looks like. */
export class FakePool implements LivePool {
  readonly name: string;
  readonly waitTime: Histogram = new Histogram();
  /** What is not as in a pool that nobody has used. */
  readonly shown: Partial<PoolGlance> = {};
  holders: readonly HolderView[] = [];
  glances = 0;
  snapshots = 0;

  constructor(name = 'main') {
    this.name = name;
  }

  show(shown: Partial<PoolGlance>): void {
    Object.assign(this.shown, shown);
  }

  count(counters: Partial<PoolCounters>): void {
    const before = this.glance().counters;
    for (const [name, more] of Object.entries(counters) as [keyof PoolCounters, number][])
      this.show({ counters: { ...before, ...this.shown.counters, [name]: before[name] + more } });
  }

  glance(): PoolGlance {
    this.glances += 1;
    return { ...FRESH.glance(), name: this.name, waits: this.waitTime.mark(), ...this.shown };
  }

  snapshot(): PoolSnapshot {
    this.snapshots += 1;
    return { ...FRESH.snapshot(), name: this.name, holders: this.holders };
  }
}

/** `count` connections of `src/orders.ts:42`. */
export function holder(parts: Partial<HolderView> = {}): HolderView {
  return {
    site: { file: 'src/orders.ts', line: 42, column: 3, functionName: 'createOrder' },
    label: undefined,
    count: 6,
    minHeldMs: 1_000,
    maxHeldMs: 41_000,
    state: 'idle',
    suspected: 0,
    ...parts,
  };
}
