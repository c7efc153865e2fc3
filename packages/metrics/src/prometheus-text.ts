import { InvalidOptionError } from '@lifeguard/core';
import type { PoolSnapshot } from '@lifeguard/core';
import { refuseUnknown } from './check-options.ts';
import { familiesOf, lookAt, lookAtThese } from './families.ts';
import type { Family, LabelledSnapshot } from './families.ts';
import type { MetricsPool, MetricsPools } from './metrics-pool.ts';
import { openMetricsOf } from './openmetrics-text.ts';
import type { PrometheusFormat } from './prometheus-format.ts';
import { prometheusName, prometheusType } from './prometheus-names.ts';
import { seriesOf } from './series.ts';
import type { Series } from './series.ts';

/** How the metrics are written. */
export interface PrometheusTextOptions {
  /** @default 'text' — which everything reads; only 'openmetrics' has exemplars */
  readonly format?: PrometheusFormat;
}

/**
 * These pools, or snapshots of them, in the text format of Prometheus (0.0.4) or as OpenMetrics. Closed ones are left out. Pools of
 * the same name are told apart by their place: `main`, `main-2`. Throws `LG_INVALID_OPTION`.
 */
export function prometheusText(
  pools: Iterable<MetricsPool | PoolSnapshot>,
  options: PrometheusTextOptions = {},
): string {
  return writerFor(options)(lookAtThese(pools));
}

/**
 * A function that returns the metrics as Prometheus' text, for whichever route answers its scrapes: by default of all pools of
 * this process there are then, at most 100. A pool that is closed is left out from then on.
 *
 * @example
 * const metrics = prometheusMetrics();
 * app.get('/metrics', (_, response) => response.setHeader('content-type', PROMETHEUS_CONTENT_TYPE).end(metrics()));
 */
export function prometheusMetrics(pools?: MetricsPools): (options?: PrometheusTextOptions) => string {
  return (options = {}) => writerFor(options)(lookAt(pools));
}

function writerFor(options: PrometheusTextOptions): (pools: readonly LabelledSnapshot[]) => string {
  refuseUnknown(options, ['format']);
  const { format = 'text' } = options;
  switch (format) {
    case 'text':
      return textOf;
    case 'openmetrics':
      return openMetricsOf;
    default:
      throw new InvalidOptionError('format', '"text" or "openmetrics"', format satisfies never);
  }
}

function textOf(pools: readonly LabelledSnapshot[]): string {
  return familiesOf(pools).map(familyText).join('');
}

function familyText(family: Family): string {
  if (family.points.length === 0) return '';
  const { instrument } = family;
  const name = prometheusName(instrument);
  const lines = seriesOf(family).map(lineOf);
  return `# HELP ${name} ${escape(instrument.help)}\n# TYPE ${name} ${prometheusType(instrument)}\n${lines.join('')}`;
}

function lineOf({ name, labels, value }: Series): string {
  const pairs = Object.entries(labels).map(
    ([label, text]) => `${label}="${escape(text).replaceAll('"', '\\"')}"`,
  );
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}\n`;
}

function escape(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
