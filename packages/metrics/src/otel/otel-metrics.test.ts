import { readFileSync } from 'node:fs';
import { metrics } from '@opentelemetry/api';
import { announcePool } from '@lifeguard/core/adapter';
import { settle } from '@lifeguard/core/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { bucketsOf, makePool } from '../../test/measured-world.ts';
import { makeOtel } from '../../test/otel-reader.ts';
import { METRICS_VERSION } from '../version.ts';
import { otelMetrics } from './otel-metrics.ts';

const of = (pool: string, more: object = {}): string =>
  JSON.stringify({ 'db.client.connection.pool.name': pool, ...more });

describe('what OpenTelemetry collects', () => {
  it('has the names, units and kinds of its conventions', async () => {
    const { meterProvider, collect } = makeOtel();
    const { pool, clock } = makePool({ minIdle: 1 });
    const stop = otelMetrics({ meterProvider, pools: [pool] });
    const lease = await pool.acquire();
    await clock.advance(70);
    lease.release();
    await settle();
    const found = await collect();
    const conventional = [...found]
      .filter(([name]) => name.startsWith('db.'))
      .map(([name, { kind, unit }]) => [name.split(' ')[0], kind, unit].join(' '));
    expect([...new Set(conventional)].toSorted()).toEqual([
      'db.client.connection.count up-down-counter {connection}',
      'db.client.connection.create_time histogram s',
      'db.client.connection.idle.max up-down-counter {connection}',
      'db.client.connection.idle.min up-down-counter {connection}',
      'db.client.connection.max up-down-counter {connection}',
      'db.client.connection.pending_requests up-down-counter {request}',
      'db.client.connection.timeouts counter {timeout}',
      'db.client.connection.use_time histogram s',
      'db.client.connection.wait_time histogram s',
    ]);
    const state = { 'db.client.connection.state': 'idle' };
    expect(found.get(`db.client.connection.count ${of('main', state)}`)?.value).toBe(2);
    expect(found.get(`lifeguard.acquires ${of('main', { outcome: 'served' })}`)?.value).toBe(1);
    expect(found.get(`db.client.connection.use_time ${of('main')}`)?.value).toMatchObject({
      count: 1,
      sum: 0.07,
      buckets: {
        boundaries: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10],
        counts: [0, 0, 0, 0, 1, 0, 0, 0, 0, 0],
      },
    });
    expect(bucketsOf([70])).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 1, 1]);
    stop();
  });

  it('tells two pools of one name apart, in gauges as in histograms', async () => {
    const { meterProvider, collect } = makeOtel();
    const [one, other] = [makePool(), makePool({ size: 5 })];
    const stop = otelMetrics({ meterProvider, pools: [one.pool, other.pool] });
    const lease = await other.pool.acquire();
    lease.release();
    await settle();
    const found = await collect();
    expect(found.get(`db.client.connection.idle.max ${of('main')}`)?.value).toBe(2);
    expect(found.get(`db.client.connection.idle.max ${of('main-2')}`)?.value).toBe(5);
    expect(found.get(`db.client.connection.use_time ${of('main-2')}`)?.value).toMatchObject({ count: 1 });
    expect(found.has(`db.client.connection.use_time ${of('main')}`)).toBe(false);
    stop();
  });

  it('has pools that are made later, from their first connect, and says that nothing is left of those that are closed', async () => {
    const { meterProvider, collect } = makeOtel();
    const stop = otelMetrics({ meterProvider });
    const { pool } = makePool({ name: 'late' });
    const served = `lifeguard.acquires ${of('late', { outcome: 'served' })}`;
    const withdraw = announcePool(pool);
    (await pool.acquire()).release();
    await settle();
    expect((await collect()).get(`db.client.connection.create_time ${of('late')}`)?.value).toMatchObject({
      count: 1,
    });
    await pool.close();
    withdraw();
    for (let time = 0; time < 2; time += 1) {
      const found = await collect();
      expect(found.get(`db.client.connection.max ${of('late')}`)?.value).toBe(0);
      expect(found.get(`lifeguard.pool.state ${of('late', { state: 'open' })}`)?.value).toBe(0);
      // What has been counted has been counted.
      expect(found.get(served)?.value).toBe(1);
    }
    stop();
  });

  it('is nothing new once it was stopped', async () => {
    const { meterProvider, collect } = makeOtel();
    const { pool } = makePool();
    const stop = otelMetrics({ meterProvider, pools: () => [pool] });
    (await pool.acquire()).release();
    await settle();
    stop();
    (await pool.acquire()).release();
    await settle();
    const found = await collect();
    expect(found.has(`db.client.connection.max ${of('main')}`)).toBe(false);
    expect(found.get(`db.client.connection.use_time ${of('main')}`)?.value).toMatchObject({ count: 1 });
  });
});

describe('otelMetrics', () => {
  afterEach(() => metrics.disable());

  it('takes the global provider of its time', async () => {
    const { meterProvider, collect } = makeOtel();
    metrics.setGlobalMeterProvider(meterProvider);
    const stop = otelMetrics({ pools: [makePool().pool] });
    expect((await collect()).size).toBeGreaterThan(30);
    stop();
  });

  it('takes a pool that tells of no durations, without histograms', async () => {
    const { meterProvider, collect } = makeOtel();
    const { pool } = makePool();
    const stop = otelMetrics({ meterProvider, pools: [{ name: 'quiet', snapshot: () => pool.snapshot() }] });
    expect((await collect()).get(`db.client.connection.max ${of('quiet')}`)?.value).toBe(3);
    stop();
  });

  it('refuses an option that does not exist', () => {
    expect(() => otelMetrics({ provider: 1 } as never)).toThrow('option "provider"');
  });
});

it('the meter has the version of the package', () => {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  expect((JSON.parse(manifest) as { version: string }).version).toBe(METRICS_VERSION);
});
