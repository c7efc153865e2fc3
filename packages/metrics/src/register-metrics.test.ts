import { Gauge as OldGauge, Registry as OldRegistry } from 'prom-client';
import { Gauge, Registry } from '@prometheus-io/client';
import { describe, expect, it } from 'vitest';
import { makePool, parse } from '../test/measured-world.ts';
import { ExemplarKeeper } from './exemplars.ts';
import { prometheusMetrics } from './prometheus-text.ts';
import { registerMetrics } from './register-metrics.ts';

const REGISTRIES = {
  '@prometheus-io/client': {
    make: () => new Registry(),
    makeOpen: () => new Registry(Registry.OPENMETRICS_CONTENT_TYPE),
    own: (registry: unknown) =>
      new Gauge({ name: 'app_up', help: 'Up.', registers: [registry as Registry] }).set(1),
  },
  'prom-client': {
    make: () => new OldRegistry(),
    makeOpen: () => {
      const registry = new OldRegistry();
      registry.setContentType(OldRegistry.OPENMETRICS_CONTENT_TYPE as never);
      return registry;
    },
    own: (registry: unknown) =>
      new OldGauge({ name: 'app_up', help: 'Up.', registers: [registry as OldRegistry] }).set(1),
  },
};

describe.each(Object.entries(REGISTRIES))('a registry of %s', (_, { make, makeOpen, own }) => {
  it('says the same as our own text, beside what the application measures', async () => {
    const { pool, clock } = makePool();
    const registry = make();
    own(registry);
    registerMetrics({ registry, pools: [pool] });
    const lease = await pool.acquire();
    await clock.advance(70);
    lease.release();
    await pool.acquire();
    const values = new Map(parse((await registry.metrics()).replaceAll('\n\n', '\n')));
    expect(values.get('app_up')).toBe(1);
    values.delete('app_up');
    expect(values).toEqual(parse(prometheusMetrics([pool])()));
  });

  it('takes them once, and without them again when it is told to', async () => {
    const registry = make();
    const unregister = registerMetrics({ registry, pools: [makePool().pool] });
    expect(() => registerMetrics({ registry, pools: [] })).toThrow(
      'option "registry" must be one without our metrics, got one that has db_client_connection_count',
    );
    unregister();
    expect((await registry.metrics()).trim()).toBe('');
    registerMetrics({ registry, pools: [] });
    unregister();
    expect(await registry.metrics()).toContain('# TYPE lifeguard_leaks_total counter');
  });

  it('shows exemplars where it writes OpenMetrics', async () => {
    const { pool, clock } = makePool();
    const lease = await pool.acquire();
    await clock.advance(70);
    lease.release();
    const keeper = new ExemplarKeeper();
    keeper.keep(pool, 'use', { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), ms: 70, at: 1_500 });
    for (const registry of [make(), makeOpen()]) {
      registerMetrics({ registry, pools: [pool] });
      const lines = (await registry.metrics()).split('\n').filter((line) => line.includes('trace_id'));
      expect(lines.map((line) => line.split(' # ')[1])).toEqual(
        registry.contentType.startsWith('text/plain')
          ? []
          : [`{trace_id="${'a'.repeat(32)}",span_id="${'b'.repeat(16)}"} 0.07 1.5`],
      );
    }
    keeper.stop();
  });

  it('looks once at each pool for a scrape, and again for the next', async () => {
    const { pool } = makePool();
    let looks = 0;
    const seen = { name: 'main', snapshot: () => ((looks += 1), pool.snapshot()) };
    const registry = make();
    registerMetrics({ registry, pools: [seen] });
    await registry.metrics();
    expect(looks).toBe(1);
    await registry.metrics();
    expect(looks).toBe(2);
  });

  it('for OpenMetrics says `_total` once', async () => {
    const { pool } = makePool();
    const registry = makeOpen();
    registerMetrics({ registry, pools: [pool] });
    const text = await registry.metrics();
    expect(text).toContain('# TYPE lifeguard_leaks counter\nlifeguard_leaks_total{');
    expect(text).toContain('db_client_connection_wait_time_seconds_bucket{');
  });

  it('is asked by a cluster for values that can be added up', async () => {
    const registry = make();
    registerMetrics({ registry, pools: [makePool().pool] });
    const metrics = (await registry.getMetricsAsJSON()) as unknown as { name: string; aggregator: string }[];
    const max = metrics.filter(({ aggregator }) => aggregator === 'max').map(({ name }) => name);
    expect(max).toEqual([
      'lifeguard_acquire_oldest_wait_seconds',
      'lifeguard_acquire_timeout_seconds',
      'lifeguard_loop_longest_stall_seconds',
    ]);
    registry.resetMetrics();
  });
});

it('what is no registry is refused', () => {
  expect(() => registerMetrics({ registry: undefined as never })).toThrow(
    'must be a registry of @prometheus-io/client or prom-client',
  );
  expect(() => registerMetrics({ registry: new Registry(), pool: [] } as never)).toThrow(
    'did you mean "pools"?',
  );
  expect(() => registerMetrics({ registry: new Registry(), pools: 5 as never })).toThrow('a list of pools');
});
