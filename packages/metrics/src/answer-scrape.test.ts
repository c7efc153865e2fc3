import { describe, expect, it } from 'vitest';
import { makePool } from '../test/measured-world.ts';
import { readOpenMetrics } from '../test/openmetrics-reader.ts';
import { answerScrape, metricsResponse } from './answer-scrape.ts';
import { OPENMETRICS_CONTENT_TYPE, PROMETHEUS_CONTENT_TYPE } from './prometheus-format.ts';

const PROMETHEUS_2 =
  'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
const PROMETHEUS_3 =
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1';

describe('a scrape', () => {
  it.each([
    PROMETHEUS_2,
    PROMETHEUS_3,
    'application/openmetrics-text',
    'Application/OpenMetrics-Text; Version="1.0.0"; charset=utf-8',
    'text/plain;q=0.5, application/openmetrics-text;q=0.5',
  ])('is answered with OpenMetrics where that is asked for: %s', (accept) => {
    const { contentType, body } = answerScrape(accept, [makePool().pool]);
    expect(contentType).toBe(OPENMETRICS_CONTENT_TYPE);
    expect(readOpenMetrics(body).size).toBeGreaterThan(20);
  });

  it.each([
    null,
    undefined,
    '',
    '*/*',
    'text/html,application/xhtml+xml,*/*;q=0.8',
    'application/openmetrics-text;version=0.0.1',
    'application/openmetrics-text;version=2.0.0',
    'application/openmetrics-text;q=0',
    'application/openmetrics-text;q=much',
    'application/openmetrics-text;q=0.2, text/plain',
    'application/*',
    ';;,,=;q=',
  ])('is answered with the plain text otherwise: %s', (accept) => {
    const { contentType, body } = answerScrape(accept, [makePool().pool]);
    expect(contentType).toBe(PROMETHEUS_CONTENT_TYPE);
    expect(body).not.toContain('# EOF');
  });

  it('is a request where there are those of fetch', async () => {
    const request = new Request('http://localhost/metrics', { headers: { accept: PROMETHEUS_2 } });
    const response = metricsResponse(request, [makePool({ name: 'orders' }).pool]);
    expect(response.headers.get('content-type')).toBe(OPENMETRICS_CONTENT_TYPE);
    expect(response.headers.get('vary')).toBe('accept');
    expect(await response.text()).toContain('"orders"');
  });
});
