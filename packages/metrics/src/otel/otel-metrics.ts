import { ROOT_CONTEXT, metrics, trace } from '@opentelemetry/api';
import type {
  BatchObservableResult,
  Histogram,
  Meter,
  MeterProvider,
  Observable,
  Span,
} from '@opentelemetry/api';
import { DURATION_BOUNDS_MS } from '@lifeguard/core/adapter';
import type { DurationKind, MeasuredDuration } from '@lifeguard/core';
import { checkPools, refuseUnknown } from '../check-options.ts';
import { lookAt, pointsOf } from '../families.ts';
import type { Attributes } from '../families.ts';
import { POOL_NAME } from '../instrument.ts';
import type { NumberInstrument } from '../instrument.ts';
import { HISTOGRAM_INSTRUMENTS, NUMBER_INSTRUMENTS } from '../instruments.ts';
import type { MetricsPools } from '../metrics-pool.ts';
import { PoolDurations } from '../pool-durations.ts';
import { METRICS_VERSION } from '../version.ts';

/** Where metrics go, and of which pools. */
export interface OtelMetricsOptions {
  /** @default the global one, as `@opentelemetry/api` has it when `otelMetrics` is called */
  readonly meterProvider?: MeterProvider;
  /** @default all pools of this process, also those that are made later; at most 100 */
  readonly pools?: MetricsPools;
}

/**
 * Gives the metrics to OpenTelemetry, under the meter `@lifeguard/metrics`; call what it returns to stop. Call it once, after the
 * SDK has started and before pools are made: gauges and counters are read when they are collected, but histograms can only be told
 * of what happens from now on.
 *
 * @example
 * const stop = otelMetrics();
 */
export function otelMetrics(options: OtelMetricsOptions = {}): () => void {
  refuseUnknown(options, ['meterProvider', 'pools']);
  checkPools(options.pools);
  const provider = options.meterProvider ?? metrics.getMeterProvider();
  return new OtelMetrics(provider.getMeter('@lifeguard/metrics', METRICS_VERSION), options.pools).start();
}

/** Pools that are gone are remembered up to that many with those that are there. */
const MAX_REMEMBERED = 200;

/** A value that was observed. */
interface Shown {
  readonly observable: Observable;
  readonly attributes: Attributes;
}

class OtelMetrics {
  readonly #meter: Meter;
  readonly #pools: MetricsPools | undefined;
  readonly #observables: ReadonlyMap<NumberInstrument, Observable>;
  readonly #histograms: Readonly<Record<DurationKind, Histogram>>;
  /** What was observed of each pool that may also fall; those that are gone come last. */
  #shown = new Map<string, Shown[]>();

  constructor(meter: Meter, pools: MetricsPools | undefined) {
    this.#meter = meter;
    this.#pools = pools;
    this.#observables = new Map(NUMBER_INSTRUMENTS.map((each) => [each, observableOf(meter, each)]));
    this.#histograms = Object.fromEntries(
      HISTOGRAM_INSTRUMENTS.map(({ of, name, help, unit }) => [
        of,
        meter.createHistogram(name, {
          description: help,
          unit,
          advice: { explicitBucketBoundaries: DURATION_BOUNDS_MS.map((bound) => bound / 1_000) },
        }),
      ]),
    ) as Record<DurationKind, Histogram>;
  }

  start(): () => void {
    const observables = [...this.#observables.values()];
    const durations = new PoolDurations(this.#pools, (measured, label) => this.#record(measured, label));
    const collect = (result: BatchObservableResult): void => {
      durations.refresh();
      this.#collect(result);
    };
    this.#meter.addBatchObservableCallback(collect, observables);
    return () => {
      this.#meter.removeBatchObservableCallback(collect, observables);
      durations.stop();
    };
  }

  #collect(result: BatchObservableResult): void {
    const pools = lookAt(this.#pools);
    const shown = new Map<string, Shown[]>(pools.map(({ label }) => [label, []]));
    for (const [instrument, observable] of this.#observables)
      for (const { attributes, value } of pointsOf(instrument, pools)) {
        result.observe(observable, value, attributes);
        if (instrument.kind !== 'counter')
          shown.get(attributes[POOL_NAME] ?? '')?.push({ observable, attributes });
      }
    this.#takeLeave(result, shown);
  }

  /** An SDK goes on for ever with what was observed last; of a pool that is gone, nothing is left of what it had. */
  #takeLeave(result: BatchObservableResult, shown: Map<string, Shown[]>): void {
    for (const [label, values] of this.#shown) {
      if (shown.has(label) || shown.size === MAX_REMEMBERED) continue;
      for (const { observable, attributes } of values) result.observe(observable, 0, attributes);
      shown.set(label, values);
    }
    this.#shown = shown;
  }

  #record(durations: readonly MeasuredDuration[], label: string): void {
    const attributes = { [POOL_NAME]: label };
    for (const { of, ms, spans } of durations) {
      // For exemplars: what it was that waited.
      const around = spans === undefined ? undefined : trace.setSpan(ROOT_CONTEXT, spans.span as Span);
      this.#histograms[of].record(ms / 1_000, attributes, around);
    }
  }
}

function observableOf(meter: Meter, { name, help, unit, kind }: NumberInstrument): Observable {
  const options = { description: help, unit };
  switch (kind) {
    case 'gauge':
      return meter.createObservableGauge(name, options);
    case 'up-down-counter':
      return meter.createObservableUpDownCounter(name, options);
    case 'counter':
      return meter.createObservableCounter(name, options);
    default:
      return kind satisfies never;
  }
}
