import { formatLeakReport } from '@lifeguard/core';
import type { LeakReport } from '@lifeguard/core';
import { expressScope } from '@lifeguard/core/http';
import { LifeguardPool } from '@lifeguard/pg';
import express from 'express';
import { expect, inject, onTestFinished, test } from 'vitest';
import { listen } from './express-application.ts';
import { get } from './http-client.ts';
import { until } from './until.ts';
import { World } from './world.ts';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';

test('a client that a handler leaks is reported with the route, the tags and the trace of its request', async () => {
  const pool = makePool();
  const reports: LeakReport[] = [];
  pool.on('leak', (report) => reports.push(report));
  const leaked: { release(): void }[] = [];
  const world = await World.start(() => {
    const app = express();
    const tags = (request: express.Request) => ({ tenant: request.get('x-tenant') ?? 'none' });
    app.use(expressScope({ tags }), express.json());
    app.get('/orders/:id', async (request, response) => {
      const client = await pool.connect();
      leaked.push(client);
      await client.query('select $1::int', [request.params.id]);
      response.send('ok');
    });
    return listen(app);
  });
  const headers = { 'x-tenant': 'acme', traceparent: `00-${TRACE_ID}-b7ad6b7169203331-01` };
  expect(await get(world.port, '/orders/7?token=secret', { headers })).toEqual({ status: 200, body: 'ok' });
  await until('it is reported', () => reports.length > 0);
  const [report] = reports;
  if (report === undefined) throw new Error('no report');
  expect(report).toMatchObject({
    code: 'LG_LEAK_SUSPECTED',
    evidence: ['orphaned'],
    lease: {
      queries: 1,
      site: { file: expect.stringMatching(/leaked-client\.test\.ts$/) },
      session: { kind: 'request', name: 'GET /orders/:id', tags: { tenant: 'acme' }, traceId: TRACE_ID },
    },
  });
  const text = formatLeakReport(report);
  expect(text).toContain(`GET /orders/:id tenant=acme trace=${TRACE_ID}`);
  expect(text).toMatch(/orphaned \(its request ended \d/);
  expect(text).not.toContain('secret');
  for (const client of leaked) client.release();
});

test('a client that is given back in time is not reported', async () => {
  const pool = makePool();
  const reports: LeakReport[] = [];
  pool.on('leak', (report) => reports.push(report));
  const world = await World.start(() => {
    const app = express().use(expressScope());
    app.get('/', async (_request, response) => {
      response.send((await pool.query<{ one: number }>('select 1 as one')).rows);
    });
    return listen(app);
  });
  expect((await get(world.port, '/')).body).toBe('[{"one":1}]');
  expect([pool.snapshot().leases, reports]).toEqual([[], []]);
});

/** A pool that looks at its leases often. It is closed with the test; by then nothing may be leased. */
function makePool(): LifeguardPool {
  const logger = { warn: () => undefined, error: () => undefined };
  const watch = { orphanGraceMs: 20, monitorIntervalMs: 20 };
  const pool = new LifeguardPool({ connectionString: inject('databaseUrl'), max: 2, logger, ...watch });
  onTestFinished(async () => {
    const { used, pending } = pool.snapshot();
    await pool.close({ drainMs: 0 });
    expect({ used, pending }).toEqual({ used: 0, pending: 0 });
  });
  return pool;
}
