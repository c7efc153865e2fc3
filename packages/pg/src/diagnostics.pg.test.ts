import { getPoolDiagnostics, livePools } from '@lifeguard/core';
import { percentileBetween, watchLivePools } from '@lifeguard/core/adapter';
import type { MeasuredDuration } from '@lifeguard/core';
import { expect, test } from 'vitest';
import { until, usePostgres } from '../test/pool-fixture.ts';
import { factsOf } from './server-view/facts-of.ts';
import { serverView } from './server-view/view-of-pool.ts';

const db = usePostgres();

test('a leak on a real server is diagnosed, and taken back when somebody asks for it', async () => {
  const pool = db.makePool({ max: 2, leakThresholdMs: 200, monitorIntervalMs: 50 });
  const leaked = await pool.lease();
  await leaked.query("begin; select 'secret'");
  await until('it is reported', () => pool.snapshot().reports.length > 0);
  const { health, potentialLeaks, recommendations } = pool.diagnostics();
  expect(health).toBe('critical');
  expect(potentialLeaks).toMatchObject([
    { id: leaked.id, transaction: 'open', lastQuery: 'begin; select ?' },
  ]);
  expect(recommendations).toMatchObject([
    { rule: 'leaking-site', summary: expect.stringContaining('1 of 2') },
  ]);
  await until('it may be taken back', () => pool.reclaim() === 1);
  expect(pool.diagnostics()).toMatchObject({ health: 'healthy', potentialLeaks: [], pool: { used: 0 } });
});

test('a glance at a pool on a real server counts what is leaked and how long callers waited', async () => {
  const pool = db.makePool({ max: 1, leakThresholdMs: 100, monitorIntervalMs: 50 });
  const before = pool.glance();
  const leaked = await pool.lease();
  const late = pool.lease();
  await until('it is suspected', () => pool.glance().suspected === 1);
  expect(pool.glance()).toMatchObject({ used: 1, max: 1, pending: 1, lastConnectError: undefined });
  leaked.release();
  (await late).release();
  const { waits, counters } = pool.glance();
  expect(counters.acquired - before.counters.acquired).toBe(2);
  expect(percentileBetween(before.waits, waits, 1)).toBeGreaterThanOrEqual(50);
});

test('two pools on one database are seen, until one of them is closed', async () => {
  const [one, other] = [db.makePool({ name: 'one' }), db.makePool({ name: 'other', max: 3 })];
  await Promise.all([one.query('select 1'), other.query('select 1')]);
  expect(livePools()).toEqual(expect.arrayContaining([one, other]));
  expect(one.snapshot().facts['server']).toMatch(/^[0-9a-f]{12}$/);
  expect(getPoolDiagnostics(one).recommendations).toMatchObject([
    { rule: 'pools-share-server', severity: 'info', evidence: [expect.stringContaining('"other" up to 3')] },
  ]);
  await other.close();
  expect(livePools()).not.toContain(other);
  expect(getPoolDiagnostics(one).recommendations).toEqual([]);
});

test('a pool that is made is told of, and tells of the durations that it counts', async () => {
  const heard: MeasuredDuration[] = [];
  const stop = watchLivePools(
    (made) => void made.observeDurations?.((durations) => void heard.push(...durations)),
  );
  const pool = db.makePool();
  stop();
  await pool.query('select 1');
  const { createTime, waitTime, useTime } = pool.snapshot();
  expect([createTime.count, waitTime.count, useTime.count]).toEqual([1, 1, 1]);
  expect(heard.map((each) => each.of)).toEqual(['create', 'wait', 'use']);
  expect(heard.map((each) => each.ms)).toEqual([createTime.sumMs, waitTime.sumMs, useTime.sumMs]);
});

test('a server that is shared by too many is advised of, by what it says itself', async () => {
  const pool = db.makePool({ max: 5_000, application_name: 'crowd' });
  const facts = factsOf(await serverView(pool));
  expect(facts).toMatchObject({ ours: 1, instances: 1, blocked: 0 });
  expect(pool.diagnostics(facts).recommendations).toMatchObject([
    {
      rule: 'fleet-over-commit',
      summary: expect.stringContaining('1 instances of up to 5000 connections want 5000'),
    },
  ]);
});

test('what only the server knows is asked by the application, and passed in', () => {
  const pool = db.makePool({ max: 20 });
  const server = {
    maxConnections: 100,
    reserved: 3,
    backends: 50,
    ours: 10,
    instances: 6,
    orphans: 2,
    blocked: 0,
  };
  const { recommendations, server: seen } = pool.diagnostics(server);
  expect(recommendations.map(({ rule }) => rule)).toEqual(['fleet-over-commit', 'orphaned-backends']);
  expect(seen).toEqual(server);
});
