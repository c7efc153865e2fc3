import { DURATION_BOUNDS_MS } from '@lifeguard/core/adapter';
import type { DurationSummary } from '@lifeguard/core';
import type { Exemplar } from './exemplars.ts';
import type { Family, Point } from './families.ts';
import { prometheusLabels, prometheusName } from './prometheus-names.ts';

/** One line of Prometheus' text: a name, its labels in their order, a value. */
export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** Of a bucket, where one is known. */
  readonly exemplar?: Exemplar | undefined;
}

/** The lines of one instrument. A histogram has one for each bound, one for all, their sum and their count. */
export function seriesOf(family: Family): readonly Series[] {
  const name = prometheusName(family.instrument);
  if (family.instrument.kind === 'histogram')
    return (family.points as readonly Point<DurationSummary>[]).flatMap((point) =>
      histogramSeries(name, point),
    );
  return (family.points as readonly Point<number>[]).map(({ attributes, value }) => ({
    name,
    labels: prometheusLabels(attributes),
    value,
  }));
}

function histogramSeries(
  name: string,
  { attributes, value, exemplars }: Point<DurationSummary>,
): readonly Series[] {
  const labels = prometheusLabels(attributes);
  const upTo = (le: string, count: number, slot: number): Series => ({
    name: `${name}_bucket`,
    labels: { ...labels, le },
    value: count,
    exemplar: exemplars?.[slot],
  });
  return [
    ...DURATION_BOUNDS_MS.map((bound, index) =>
      upTo(String(bound / 1_000), value.buckets[index] as number, index),
    ),
    upTo('+Inf', value.count, DURATION_BOUNDS_MS.length),
    { name: `${name}_sum`, labels, value: value.sumMs / 1_000 },
    { name: `${name}_count`, labels, value: value.count },
  ];
}
