import { expect, onTestFinished, test } from 'vitest';
import { makePool, parse } from '../../test/measured-world.ts';
import { makeOtel } from '../../test/otel-reader.ts';
import { prometheusText } from '../prometheus-text.ts';
import { otelMetrics } from './otel-metrics.ts';

test('OpenTelemetry’s own exporter for Prometheus says the same as we do, but without units and with its scope', async () => {
  const { meterProvider, expose } = makeOtel();
  const { pool } = makePool({ name: 'orders', size: 1, maxOverflow: 0, minIdle: 1 });
  onTestFinished(otelMetrics({ meterProvider, pools: [pool] }));
  (await pool.acquire()).release();
  const ours = [...parse(prometheusText([pool])).keys()].map((series) => series.replaceAll('_seconds', ''));
  const theirs = (await expose())
    .split('\n')
    .filter((line) => line.includes('otel_scope_name="@lifeguard/metrics"'))
    .map((line) => line.replace(/ \S+$/, ''));
  expect(new Set(theirs.map(withoutScope))).toEqual(new Set(ours.map(withoutScope)));
});

/** A series by its name and its labels in their order, without those that say where it is from. */
function withoutScope(series: string): string {
  const labels = [...series.matchAll(/(\w+="[^"]*")/g)].map(([, label = '']) => label);
  return [series.split('{')[0], ...labels.filter((each) => !each.startsWith('otel_scope_')).toSorted()].join(
    ' ',
  );
}
