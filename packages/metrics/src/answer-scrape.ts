import type { MetricsPools } from './metrics-pool.ts';
import { OPENMETRICS_CONTENT_TYPE, PROMETHEUS_CONTENT_TYPE, prometheusFormat } from './prometheus-format.ts';
import { prometheusMetrics } from './prometheus-text.ts';

/** What a scrape is answered with. */
export interface ScrapeAnswer {
  readonly contentType: string;
  readonly body: string;
}

/**
 * The metrics in the format that a scrape asks for by its header `Accept`: OpenMetrics where it is asked for, and otherwise
 * Prometheus' own. By default of all pools of this process, at most 100.
 *
 * @example
 * app.get('/metrics', (request, response) => {
 *   const { contentType, body } = answerScrape(request.headers.accept);
 *   response.setHeader('content-type', contentType).end(body);
 * });
 */
export function answerScrape(accept: string | null | undefined, pools?: MetricsPools): ScrapeAnswer {
  const format = prometheusFormat(accept);
  const contentType = format === 'openmetrics' ? OPENMETRICS_CONTENT_TYPE : PROMETHEUS_CONTENT_TYPE;
  return { contentType, body: prometheusMetrics(pools)({ format }) };
}

/**
 * The same as a `Response`, where a framework has those of `fetch`. It answers whoever asks: access is for the route to decide.
 *
 * @example
 * app.get('/metrics', (context) => metricsResponse(context.req.raw)); // Hono
 */
export function metricsResponse(request: Pick<Request, 'headers'>, pools?: MetricsPools): Response {
  const { contentType, body } = answerScrape(request.headers.get('accept'), pools);
  return new Response(body, {
    headers: { 'content-type': contentType, 'cache-control': 'no-store', vary: 'accept' },
  });
}
