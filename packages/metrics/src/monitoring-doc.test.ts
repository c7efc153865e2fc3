import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import { AggregationType } from '@opentelemetry/sdk-metrics';
import { register } from '@prometheus-io/client';
import { CHANNELS } from '@lifeguard/core';
import { expect, onTestFinished, test } from 'vitest';
import { makePool } from '../test/measured-world.ts';
import { TABLE, metricsTable } from '../test/metrics-table.ts';
import { makeOtel } from '../test/otel-reader.ts';
import { otelMetrics } from './otel/otel-metrics.ts';
import { registerMetrics } from './register-metrics.ts';

const page = readFileSync(new URL('../../../docs/monitoring.md', import.meta.url), 'utf8');

test('docs/monitoring.md has the table of all metrics', () => {
  expect(page.match(TABLE)?.[0]).toBe(metricsTable());
});

test('docs/monitoring.md has all channels, and what is told there', async () => {
  const rows = [...page.matchAll(/^\| `(lifeguard:[a-z:]+)` \| [^|]+ \| (.+) \|$/gm)];
  expect(rows.map(([, channel = '']) => channel).toSorted()).toEqual(Object.values(CHANNELS).toSorted());
  const told = new Map<string, object>();
  for (const [, channel = ''] of rows) {
    const listener = (message: unknown): void => void told.set(channel, message as object);
    subscribe(channel, listener);
    onTestFinished(() => void unsubscribe(channel, listener));
  }
  const { pool, clock } = makePool({ size: 1, maxOverflow: 0 });
  const lease = await pool.acquire();
  const late = pool.acquire({ timeoutMs: 5 }).catch((error: unknown) => error);
  await clock.advance(60_000);
  await late;
  lease.connection.die(new Error('socket closed'));
  (await pool.acquire()).release();
  await pool.close();
  for (const [, channel = '', payload = ''] of rows) {
    // Nobody is turned away before its time without the queue for that.
    if (channel === 'lifeguard:pool:overloaded') continue;
    const fields = [...payload.matchAll(/`([a-z]\w+)`/g)].map(([, field = '']) => field);
    const message = told.get(channel) as Record<string, unknown>;
    const among =
      channel === 'lifeguard:pool:exhausted' ? { ...message, ...Object(message['error']) } : message;
    expect(Object.keys(among), channel).toEqual(
      expect.arrayContaining(fields.filter((field) => field !== 'error' || 'error' in among)),
    );
  }
});

test('the default registry of @prometheus-io/client takes them', async () => {
  const unregister = registerMetrics({ registry: register });
  expect(await register.metrics()).toContain('lifeguard_leaks_total');
  unregister();
});

test('a view can leave ours out', async () => {
  const { collect, meterProvider } = makeOtel([
    {
      meterName: '@lifeguard/metrics',
      instrumentName: 'lifeguard.*',
      aggregation: { type: AggregationType.DROP },
    },
  ]);
  const stop = otelMetrics({ meterProvider, pools: [makePool().pool] });
  const names = [...(await collect()).keys()];
  expect(names.length).toBeGreaterThan(5);
  expect(names.filter((name) => !name.startsWith('db.client.connection.'))).toEqual([]);
  stop();
});
