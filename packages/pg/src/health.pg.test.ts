import { DatabaseHealth } from '@lifeguard/core';
import { expect, test } from 'vitest';
import { until, usePostgres } from '../test/pool-fixture.ts';
import { TcpProxy } from '../test/tcp-proxy.ts';

const db = usePostgres();

test('a server that goes and comes back is unreachable meanwhile, and each time it is told in time', async () => {
  await using proxy = new TcpProxy(db.url);
  await proxy.open();
  const pool = db.makePool({ connectionString: proxy.url });
  const health = new DatabaseHealth(pool, { maxAgeMs: 0 });
  expect(await health.ready()).toMatchObject({ status: 'ready', pools: [{ used: 0 }] });
  await proxy.cut();
  const down = await health.ready();
  expect(down).toMatchObject({
    status: 'unreachable',
    pools: [{ reason: expect.any(String) }],
  });
  expect(JSON.stringify(down)).not.toMatch(/127\.0\.0\.1|ECONN/);
  await proxy.open();
  await until('it is ready again', async () => (await health.ready()).status === 'ready');
});

test('an exhausted pool is degraded, and ready when its holders have given back', async () => {
  const pool = db.makePool({ max: 2 });
  const health = new DatabaseHealth(pool, { maxAgeMs: 0, timeoutMs: 100 });
  const leases = await Promise.all([pool.lease(), pool.lease()]);
  expect(await health.ready()).toMatchObject({ status: 'degraded', pools: [{ used: 2, max: 2 }] });
  leases.forEach((lease) => lease.release());
  expect(await health.ready()).toMatchObject({ status: 'ready' });
  await pool.close();
  expect(await health.ready()).toMatchObject({ status: 'draining' });
});
