import { InvalidOptionError } from '@lifeguard/core';
import { checkPools, refuseUnknown } from './check-options.ts';
import type { Exemplar } from './exemplars.ts';
import { familiesOf, lookAt } from './families.ts';
import type { Family } from './families.ts';
import type { Instrument } from './instrument.ts';
import { INSTRUMENTS } from './instruments.ts';
import type { MetricsPools } from './metrics-pool.ts';
import { prometheusName, prometheusType } from './prometheus-names.ts';
import { seriesOf } from './series.ts';

/** What a registry asks of a metric when it is scraped; a part of what the metrics of `prom-client` have. */
export interface RegisteredMetric {
  get(): Promise<unknown>;
  reset(): void;
}

/** The part of a registry that is used: `Registry` of `@prometheus-io/client` and of `prom-client` have it. */
export interface MetricRegistry {
  registerMetric(metric: RegisteredMetric): void;
  getSingleMetric(name: string): unknown;
  removeSingleMetric(name: string): void;
}

/** Where metrics are registered, and of which pools. */
export interface RegisterMetricsOptions {
  readonly registry: MetricRegistry;
  /** @default all pools of this process there are when the registry is asked, at most 100 */
  readonly pools?: MetricsPools;
}

/**
 * Adds the metrics to a registry that there is already, which then shows them beside the application's own; call what it returns
 * to take them out. Throws `LG_INVALID_OPTION` when the registry has a metric of such a name.
 *
 * They are metrics of our own and not of the registry's library: its histograms could only count from now on, while the pool's
 * have counted since it was made.
 */
export function registerMetrics(options: RegisterMetricsOptions): () => void {
  refuseUnknown(options, ['registry', 'pools']);
  const { registry, pools } = options;
  if (typeof registry?.registerMetric !== 'function')
    throw new InvalidOptionError('registry', 'a registry of @prometheus-io/client or prom-client', registry);
  checkPools(pools);
  for (const instrument of INSTRUMENTS) {
    const name = prometheusName(instrument);
    if (registry.getSingleMetric(name) !== undefined)
      throw new InvalidOptionError('registry', 'one without our metrics', undefined, `one that has ${name}`);
  }
  const look = oncePerTurn(() => familiesOf(lookAt(pools)));
  const metrics = INSTRUMENTS.map((instrument, index) => {
    const metric = new PoolMetric(instrument, () => look()[index] as Family);
    registry.registerMetric(metric);
    return [metric.name, metric] as const;
  });
  return () => {
    for (const [name, metric] of metrics)
      if (registry.getSingleMetric(name) === metric) registry.removeSingleMetric(name);
  };
}

/** One metric, in the form in which such a registry keeps its own. */
class PoolMetric implements RegisteredMetric {
  /** A registry for OpenMetrics takes the `_total` off. */
  name: string;
  readonly help: string;
  readonly type: string;
  /** How a cluster puts the values of its workers together. */
  readonly aggregator: 'sum' | 'max';
  readonly #look: () => Family;

  constructor(instrument: Instrument, look: () => Family) {
    this.name = prometheusName(instrument);
    this.help = instrument.help;
    this.type = prometheusType(instrument);
    this.aggregator = instrument.kind === 'gauge' ? 'max' : 'sum';
    this.#look = look;
  }

  async get(): Promise<object> {
    const { name, help, type, aggregator } = this;
    const family = this.#look();
    const own = prometheusName(family.instrument);
    const values = seriesOf(family).map(({ name: metricName, labels, value, exemplar }) => ({
      labels,
      value,
      // Its own name may have been changed, see above.
      ...(metricName === own ? {} : { metricName }),
      ...(exemplar === undefined ? {} : { exemplar: registered(exemplar) }),
    }));
    return { name, help, type, values, aggregator };
  }

  /** What has been counted is the pool's. */
  reset(): void {
    return;
  }
}

/** In the form in which such a registry keeps those of its own; it shows them where it writes OpenMetrics. */
function registered({ traceId, spanId, ms, at }: Exemplar): object {
  return { labelSet: { trace_id: traceId, span_id: spanId }, value: ms / 1_000, timestamp: at / 1_000 };
}

/** A registry asks all of its metrics in one turn; they are to be of one moment, and made once. */
function oncePerTurn<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    if (made === undefined) {
      made = make();
      queueMicrotask(() => (made = undefined));
    }
    return made;
  };
}
