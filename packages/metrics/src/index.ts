export type { MetricsPool, MetricsPools } from './metrics-pool.ts';
export { answerScrape, metricsResponse } from './answer-scrape.ts';
export type { ScrapeAnswer } from './answer-scrape.ts';
export { OPENMETRICS_CONTENT_TYPE, PROMETHEUS_CONTENT_TYPE } from './prometheus-format.ts';
export type { PrometheusFormat } from './prometheus-format.ts';
export { prometheusMetrics, prometheusText } from './prometheus-text.ts';
export type { PrometheusTextOptions } from './prometheus-text.ts';
export { registerMetrics } from './register-metrics.ts';
export type { MetricRegistry, RegisterMetricsOptions, RegisteredMetric } from './register-metrics.ts';
