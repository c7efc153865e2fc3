import type { DurationSummary, PoolSnapshot } from '@lifeguard/core';
import { exemplarsOf } from './exemplars.ts';
import type { BucketExemplars, PoolExemplars } from './exemplars.ts';
import { POOL_NAME, readingsOf } from './instrument.ts';
import type { HistogramInstrument, NumberInstrument } from './instrument.ts';
import { INSTRUMENTS } from './instruments.ts';
import { listPools } from './metrics-pool.ts';
import type { MetricsPool, MetricsPools } from './metrics-pool.ts';
import { labelPools } from './pool-labels.ts';

/** What tells values of one instrument apart. */
export type Attributes = Readonly<Record<string, string>>;

/** A value, and whose it is. */
export interface Point<Value> {
  readonly attributes: Attributes;
  readonly value: Value;
  /** Of a histogram, where they are known. */
  readonly exemplars?: BucketExemplars | undefined;
}

/** All values of one instrument. */
export type Family =
  | { readonly instrument: NumberInstrument; readonly points: readonly Point<number>[] }
  | { readonly instrument: HistogramInstrument; readonly points: readonly Point<DurationSummary>[] };

/** A pool at one moment, and the name it is shown by. */
export interface LabelledSnapshot {
  readonly label: string;
  readonly snapshot: PoolSnapshot;
  readonly exemplars: PoolExemplars | undefined;
}

/** The pools there are now, by their names. One that is closed has nothing to say any more. */
export function lookAt(pools: MetricsPools | undefined): readonly LabelledSnapshot[] {
  return inOrder(labelPools(listPools(pools)), (pool) => pool.snapshot());
}

/** The same for snapshots, or pools and snapshots, that somebody has at hand. */
export function lookAtThese(pools: Iterable<MetricsPool | PoolSnapshot>): readonly LabelledSnapshot[] {
  const labels = labelPools([...new Set(pools)], new WeakMap());
  return inOrder(labels, (pool) => ('snapshot' in pool ? pool.snapshot() : pool));
}

/** All that is measured of these pools, instrument by instrument. */
export function familiesOf(pools: readonly LabelledSnapshot[]): readonly Family[] {
  return INSTRUMENTS.map((instrument): Family => {
    if (instrument.kind === 'histogram') {
      const points = pools.map(({ label, snapshot, exemplars }) => ({
        attributes: { [POOL_NAME]: label },
        value: instrument.read(snapshot),
        exemplars: exemplars?.get(instrument.of),
      }));
      return { instrument, points };
    }
    return { instrument, points: pointsOf(instrument, pools) };
  });
}

/** The values of one instrument. */
export function pointsOf(
  instrument: NumberInstrument,
  pools: readonly LabelledSnapshot[],
): readonly Point<number>[] {
  if (instrument.isOfProcess === true) {
    // Each pool says what it has seen of it; whoever has seen most is right.
    const values = pools.flatMap(({ snapshot }) =>
      readingsOf(instrument, snapshot).map(([, value]) => value),
    );
    return values.length === 0 ? [] : [{ attributes: {}, value: Math.max(...values) }];
  }
  return pools.flatMap(({ label, snapshot }) =>
    readingsOf(instrument, snapshot).map(([attribute, value]) => ({
      attributes: attributesOf(instrument, label, attribute),
      value,
    })),
  );
}

function attributesOf(
  instrument: NumberInstrument,
  label: string,
  attribute: string | undefined,
): Attributes {
  if (instrument.attribute === undefined || attribute === undefined) return { [POOL_NAME]: label };
  return { [POOL_NAME]: label, [instrument.attribute]: attribute };
}

function inOrder<P extends object>(
  labels: ReadonlyMap<P, string>,
  look: (pool: P) => PoolSnapshot,
): readonly LabelledSnapshot[] {
  return [...labels]
    .map(([pool, label]) => ({ label, snapshot: look(pool), exemplars: exemplarsOf(pool) }))
    .filter(({ snapshot }) => snapshot.state !== 'closed')
    .toSorted((one, other) => (one.label < other.label ? -1 : 1));
}
