import type { LeakReport, ReturnedLate } from '@lifeguard/core';
import { expect, test } from 'vitest';
import { eventOf, rejectionOf, until, usePostgres } from '../test/pool-fixture.ts';

const db = usePostgres();
const QUIET = { logger: { warn: () => undefined, error: () => undefined } };
const QUICK = { ...QUIET, leakThresholdMs: 100, idleThresholdMs: 40, monitorIntervalMs: 20 };

test('a leak report says where, what was done last without its literals, and which backend', async () => {
  const pool = db.makePool({ max: 2, ...QUICK, idleThresholdMs: 300, leakThresholdMs: 60_000 });
  const reported = eventOf(pool, 'leak');
  const client = await pool.connect();
  await client.query('begin');
  await client.query(`select 'secret-literal', $1::text`, ['secret-parameter']);
  const [report] = (await reported) as [LeakReport];
  expect(report).toMatchObject({
    code: 'LG_LEAK_SUSPECTED',
    evidence: ['idle'],
    used: 1,
    max: 2,
    pending: 0,
  });
  expect(report.lease).toMatchObject({
    transaction: 'open',
    queries: 2,
    queryRunning: false,
    backendPid: (client as unknown as { processID: number }).processID,
    site: { file: expect.stringMatching(/leaks\.pg\.test\.ts$/) },
  });
  expect(report.lease.lastQuery).toMatch(/^select /);
  expect(JSON.stringify(pool.snapshot())).not.toContain('secret');
  const retracted = eventOf(pool, 'returned-late');
  await client.query('rollback');
  client.release();
  const [retraction] = (await retracted) as [ReturnedLate];
  expect(retraction.reportId).toBe(report.id);
});

test('a long query is reported as slow, never as idle', async () => {
  const pool = db.makePool({ max: 1, ...QUICK });
  const reported = eventOf(pool, 'leak');
  const lease = await pool.lease();
  const query = rejectionOf(lease.query('select pg_sleep(60)'));
  const [report] = (await reported) as [LeakReport];
  expect(report).toMatchObject({
    code: 'LG_SLOW_LEASE',
    evidence: ['overdue'],
    lease: { queryRunning: true },
  });
  await lease.cancel();
  await query;
  lease.release();
});

test('a statement that pg refuses to send is not taken for a running one', async () => {
  const pool = db.makePool({ max: 1 });
  const lease = await pool.lease();
  await rejectionOf(lease.query({ text: 'select 1', values: 'not an array' as unknown as unknown[] }));
  await lease.query('select 1');
  await rejectionOf(lease.query({ text: 'select 1', values: 'not an array' as unknown as unknown[] }));
  await until('it is known that nothing runs', () => pool.snapshot().leases[0]?.queryRunning === false);
  lease.release();
});

test('under pressure an idle lease is taken back when somebody waits, a working one is not', async () => {
  const pool = db.makePool({ max: 2, reclaim: 'under-pressure', ...QUICK });
  const overdue: unknown[] = [];
  pool.on('leak', ({ evidence }) => overdue.push(...evidence.filter((each) => each === 'overdue')));
  const idle = await pool.lease();
  const working = await pool.lease();
  const query = rejectionOf(working.query('select pg_sleep(60)'));
  await until('both are long overdue', () => overdue.length === 2);
  expect([idle.isOpen, working.isOpen]).toEqual([true, true]);
  expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  expect([idle.isOpen, working.isOpen]).toEqual([false, true]);
  expect(await rejectionOf(idle.query('select 1'))).toMatchObject({
    code: 'LG_LEASE_REVOKED',
    reason: 'leak',
  });
  await working.cancel();
  await query;
  working.release();
});

test('by default nothing is ever taken back', async () => {
  const pool = db.makePool({ max: 1, connectionTimeoutMillis: 300, ...QUICK });
  const held = await pool.lease();
  expect((await rejectionOf(pool.lease())).message).toContain('← suspected leak');
  expect(held.isOpen).toBe(true);
  held.release();
});
