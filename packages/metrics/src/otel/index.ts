export { otelMetrics } from './otel-metrics.ts';
export type { OtelMetricsOptions } from './otel-metrics.ts';
