import type { ServerView } from '@lifeguard/pg';
import { expect, test } from 'vitest';
import { idleState, leakingState } from '../../test/pool-states.ts';
import { plain } from '../paint.ts';
import { planFixes } from '../plan-fixes.ts';
import { safeJson } from '../safe-json.ts';
import { renderApplications } from './render-applications.ts';
import { renderDiagnosis } from './render-diagnosis.ts';
import { renderImprovement, renderPlan } from './render-plan.ts';
import { renderServer } from './render-server.ts';
import { renderStatus } from './render-status.ts';

const WIDE = { columns: undefined };
const NARROW = { columns: 60 };

test('the list of applications has a line for each', () => {
  const main = { name: 'main', used: 3, max: 60 };
  const rows = [
    { pid: 4711, name: 'orders', path: '/run/a.sock', pools: [main], health: 'warning' as const },
    { pid: 9, name: 'x\u001b[2J', path: '/run/b.sock', pools: [], health: undefined, failure: 'gone\nmore' },
  ];
  expect(renderApplications(rows, plain)).toMatchInlineSnapshot(`
    " PID  NAME        POOLS      HEALTH
    4711  orders      main 3/60  warning
       9  x\\u{1b}[2J  –          no answer: gone"
  `);
});

test('a status is a table for each pool', () => {
  expect(renderStatus('orders (pid 4711)', [idleState(), leakingState()], plain)).toMatchInlineSnapshot(`
    "orders (pid 4711)

    pool main
      pool size         2, up to 3 with overflow
      active            0 of 3, 0 idle
      overflow in use   0
      pending           0
      checkout time     0ms on average, p95 0ms
      timeouts          0
      suspected leaks   0
      health            healthy

    pool jobs\\u{1b}[2J
      pool size         2, up to 3 with overflow
      active            2 of 3, 0 idle
      overflow in use   0
      pending           4, the oldest for 5s
      checkout time     0ms on average, p95 0ms
      timeouts          0
      suspected leaks   2
      health            critical
                        2 of 2 connections in use are suspected of being leaked"
  `);
});

test('a diagnosis breaks its lines where the terminal is narrow', () => {
  expect(
    renderDiagnosis('orders (pid 4711)', [idleState(), leakingState()], plain, NARROW),
  ).toMatchInlineSnapshot(`
    "orders (pid 4711)

    pool main: healthy
      nothing to advise

    pool jobs\\u{1b}[2J: critical
      2 of 2 connections in use are suspected of being leaked

      potential leaks
        src/orders.ts:42 createOrder: held for 41s, no query for
        38s, in a transaction, last update "orders" set "state"
        = ?
        src/orders.ts:42 createOrder: held for 41s, no query for
        38s, in a transaction, last update "orders" set "state"
        = ?

      critical leaking-site
        src/orders.ts:42 createOrder keeps 2 of 3 connections,
        for up to 41s
        evidence  idle in transaction, since 38s and longer
                  2 leaks reported of this place
        change    wrap src/orders.ts:42 createOrder in
                  managedTransaction(), or release in "finally"
        risk      what is taken back is closed: a holder that
                  goes on after all gets LG_LEASE_REVOKED"
  `);
});

test('a plan says what is wrong, what would be done, and what that costs', () => {
  const pools = [leakingState()];
  expect(
    renderPlan(
      'orders (pid 4711)',
      pools,
      planFixes(pools, () => 'allowed'),
      plain,
      WIDE,
    ),
  ).toMatchInlineSnapshot(`
    "orders (pid 4711)

    pool jobs\\u{1b}[2J: critical
      - 2 of 2 connections in use are suspected of being leaked
      - src/orders.ts:42 createOrder keeps 2 of 3 connections, for up to 41s

    can be done at once
      1. reclaim jobs\\u{1b}[2J: 2 of 2 connections in use are suspected of being leaked; closes these; a holder that goes on after all gets LG_LEASE_REVOKED"
  `);
  expect(
    renderImprovement(
      pools,
      [{ ...idleState(), snapshot: { ...idleState().snapshot, name: 'jobs\u001b[2J' } }],
      plain,
    ),
  ).toMatchInlineSnapshot(
    `"pool jobs\\u{1b}[2J: critical → healthy, suspected leaks 2 → 0, in use 2 → 0, pending 4 → 0"`,
  );
});

test('a server is shown with who is in the way of whom', () => {
  const view: ServerView = {
    schemaVersion: 1,
    server: {
      version: '18.4',
      maxConnections: 100,
      reserved: 3,
      isStandby: false,
      at: '2026-01-01T00:00:00.000Z',
      database: 'shop',
      user: 'app',
    },
    behindPooler: false,
    counts: {
      total: 3,
      ours: 2,
      others: 1,
      hidden: 0,
      applications: [
        {
          application: 'orders',
          user: 'app',
          database: 'shop',
          count: 2,
          active: 1,
          idle: 0,
          idleInTransaction: 1,
        },
      ],
      applicationsLeftOut: 1,
    },
    backends: [],
    blocking: [
      {
        pid: 12,
        isOurs: true,
        query: 'update "orders" set "state" = ?',
        waitedMs: 4_000,
        lock: { type: 'transactionid', mode: 'ShareLock', relation: undefined },
        blockers: [
          {
            pid: 11,
            application: 'orders',
            state: 'idle in transaction',
            transactionAgeMs: 61_000,
            query: 'select ?',
            isOurs: true,
          },
        ],
        blockersLeftOut: 1,
      },
    ],
    orphans: [
      {
        pid: 13,
        backendStart: '2026-01-01T00:00:00.000000Z',
        applicationName: 'orders lg:1.2.3',
        state: 'idle',
        inStateMs: 600_000,
        query: 'commit',
        verdict: 'dead',
      },
    ],
    instances: 1,
    pooler: undefined,
    missing: ['the queries of 2 backends: pg_read_all_stats would show them'],
  };
  expect(renderServer(view, plain, WIDE)).toMatchInlineSnapshot(`
    "PostgreSQL 18.4
      database "shop" as "app"
      3 client backends of 100, of which 3 are reserved; 2 through Lifeguard

    APPLICATION  USER  DATABASE  ALL  ACTIVE  IDLE  IN TRANSACTION
    orders       app   shop        2       1     0               1
    and 1 more applications

    1 backend waits for a lock
      12 waits for 4s for ShareLock on transactionid: update "orders" set "state" = ?
      ├─ 11 "orders" idle in transaction, transaction open for 61s: select ?
      └─ and 1 more

    left behind
      13 "orders lg:1.2.3" idle for 10m, its process does not run any more: commit

    could not be seen
      the queries of 2 backends: pg_read_all_stats would show them"
  `);
});

test('data has no character that moves a cursor, and means the same', () => {
  const value = { name: 'a\u009b2J\u202e\u{e0001}\n' };
  const text = safeJson(value);
  expect(text).toBe('{\n  "name": "a\\u009b2J\\u202e\\udb40\\udc01\\n"\n}');
  expect(JSON.parse(text)).toEqual(value);
});
