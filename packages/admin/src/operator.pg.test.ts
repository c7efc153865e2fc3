// What somebody on call does, from a look at the running application to a pool that serves again.

import { usePostgres } from '@lifeguard/testing/vitest';
import { LifeguardPool } from '@lifeguard/pg';
import { expect, onTestFinished, test } from 'vitest';
import { until } from '../test/admin-world.ts';
import { privateDirectory } from '../test/run-application.ts';
import { ADMIN_ACTIONS } from './admin-action.ts';
import { connectAdmin } from './admin-sockets.ts';
import { serveAdmin } from './serve-admin.ts';

const database = usePostgres();

test('a leak is seen, named and taken back, whoever waited is served, and it is written down', async () => {
  const pool = new LifeguardPool({
    connectionString: database.url,
    max: 1,
    leakThresholdMs: 100,
    monitorIntervalMs: 20,
    logger: { warn: () => undefined, error: () => undefined },
  });
  onTestFinished(() => pool.close({ drainMs: 0 }).then(() => undefined));
  const directory = privateDirectory();
  await using server = await serveAdmin({ pools: [pool], name: 'orders', allow: ['reclaim'], directory });
  await pool.lease();
  const served = pool.query('select 1 as one');
  const operator = await connectAdmin({ path: server.path ?? '' });
  await until('it is diagnosed', async () => {
    const diagnosis = JSON.stringify(await operator.get('/v1/diagnosis'));
    return diagnosis.includes('leaking-site') && diagnosis.includes('saturated');
  });
  await until('it is taken back', async () =>
    JSON.stringify(await operator.post('/v1/pools/main/reclaim')).includes('"count":1'),
  );
  expect((await served).rows).toEqual([{ one: 1 }]);
  expect(pool.diagnostics()).toMatchObject({ potentialLeaks: [], pool: { used: 0, pending: 0 } });
  expect(JSON.stringify(await operator.get('/v1/audit'))).toContain('"action":"reclaim"');
});

test('each action that there is works on a LifeguardPool', async () => {
  const pool = new LifeguardPool({ connectionString: database.url, max: 1 });
  onTestFinished(() => pool.close({ drainMs: 0 }).then(() => undefined));
  await using server = await serveAdmin({
    pools: [pool],
    allow: ADMIN_ACTIONS,
    directory: privateDirectory(),
  });
  const operator = await connectAdmin({ path: server.path ?? '' });
  const held = await pool.lease();
  const waiting = pool.query('select 1 as one');
  await operator.post('/v1/pools/main/resize', { size: 2, maxOverflow: 1 });
  expect((await waiting).rows).toEqual([{ one: 1 }]);
  held.release();
  for (const action of ADMIN_ACTIONS) {
    const body = action === 'resize' ? { size: 1 } : {};
    expect(await operator.post(`/v1/pools/main/${action}`, body)).toMatchObject({ action, outcome: 'done' });
  }
  expect(pool.snapshot()).toMatchObject({ state: 'open', size: 1, max: 2 });
});
