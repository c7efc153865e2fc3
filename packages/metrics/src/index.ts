export type { MetricsPool, MetricsPools } from './metrics-pool.ts';
export { PROMETHEUS_CONTENT_TYPE, prometheusMetrics, prometheusText } from './prometheus-text.ts';
export { registerMetrics } from './register-metrics.ts';
export type { MetricRegistry, RegisterMetricsOptions, RegisteredMetric } from './register-metrics.ts';
