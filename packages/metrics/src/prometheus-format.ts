/** A text that Prometheus reads: its own format (0.0.4), or OpenMetrics 1.0, which has exemplars. */
export type PrometheusFormat = 'text' | 'openmetrics';

/** The `Content-Type` of the text in Prometheus' own format. */
export const PROMETHEUS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** The `Content-Type` of the text as OpenMetrics. */
export const OPENMETRICS_CONTENT_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/**
 * The format that somebody who sends this `Accept` wants: OpenMetrics only if it is named, in a version that we write, and plain text
 * is not preferred to it.
 */
export function prometheusFormat(accept: string | null | undefined): PrometheusFormat {
  let [openMetrics, text] = [0, 0];
  for (const range of (accept ?? '').toLowerCase().split(',')) {
    const [type = '', ...parameters] = range.split(';').map((each) => each.trim());
    if (type === 'text/plain') text = Math.max(text, qualityOf(parameters));
    if (type === 'application/openmetrics-text' && isOurs(parameters))
      openMetrics = Math.max(openMetrics, qualityOf(parameters));
  }
  return openMetrics > 0 && openMetrics >= text ? 'openmetrics' : 'text';
}

/** Without a version the oldest is meant, which is 1.0.0; the draft 0.0.1 is another format. */
function isOurs(parameters: readonly string[]): boolean {
  const version = parameters.find((each) => each.startsWith('version='));
  return version === undefined || /^version="?1\.0\.0"?$/.test(version);
}

function qualityOf(parameters: readonly string[]): number {
  const quality = parameters.find((each) => each.startsWith('q='));
  if (quality === undefined) return 1;
  return /^q=(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(quality) ? Number(quality.slice(2)) : 0;
}
