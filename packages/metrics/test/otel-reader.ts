import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import {
  AggregationTemporality,
  DataPointType,
  MeterProvider,
  MetricReader,
} from '@opentelemetry/sdk-metrics';
import type { Histogram, ResourceMetrics } from '@opentelemetry/sdk-metrics';

/** Collects when it is told to. */
class ManualReader extends MetricReader {
  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }
  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}

/** What OpenTelemetry has of one set of attributes. */
export interface Collected {
  readonly unit: string;
  readonly kind: 'gauge' | 'up-down-counter' | 'counter' | 'histogram';
  readonly value: number | Histogram;
}

/** An SDK that exports nothing, and what it would export. */
export function makeOtel(views: NonNullable<ConstructorParameters<typeof MeterProvider>[0]>['views'] = []): {
  readonly meterProvider: MeterProvider;
  /** By the name of the instrument and its attributes, as JSON. */
  readonly collect: () => Promise<ReadonlyMap<string, Collected>>;
  /** What OpenTelemetry's own exporter for Prometheus would answer a scrape with. */
  readonly expose: () => Promise<string>;
} {
  const reader = new ManualReader({
    aggregationTemporalitySelector: () => AggregationTemporality.CUMULATIVE,
  });
  const meterProvider = new MeterProvider({ readers: [reader], views });
  const read = async (): Promise<ResourceMetrics> => {
    const { resourceMetrics, errors } = await reader.collect();
    if (errors.length > 0) throw new AggregateError(errors, 'the SDK could not collect');
    return resourceMetrics;
  };
  const expose = async (): Promise<string> => new PrometheusSerializer().serialize(await read());
  const collect = async (): Promise<ReadonlyMap<string, Collected>> => {
    const resourceMetrics = await read();
    const found = new Map<string, Collected>();
    for (const { metrics } of resourceMetrics.scopeMetrics)
      for (const metric of metrics)
        for (const { attributes, value } of metric.dataPoints)
          found.set(`${metric.descriptor.name} ${JSON.stringify(attributes)}`, {
            unit: metric.descriptor.unit,
            kind: kindOf(metric.dataPointType, 'isMonotonic' in metric && metric.isMonotonic),
            value: value as number | Histogram,
          });
    return found;
  };
  return { meterProvider, collect, expose };
}

function kindOf(type: DataPointType, isMonotonic: boolean): Collected['kind'] {
  if (type === DataPointType.GAUGE) return 'gauge';
  if (type === DataPointType.HISTOGRAM) return 'histogram';
  return isMonotonic ? 'counter' : 'up-down-counter';
}
