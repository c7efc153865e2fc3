import { expect, test } from 'vitest';
import { poolsOf, withPooler } from './pooler-view.ts';
import type { ServerView } from './server-view.ts';

/** As PgBouncer 1.18 answers; the older ones send text. */
const ROW = {
  database: 'shop',
  user: 'app',
  cl_active: 12,
  cl_waiting: 3,
  cl_active_cancel_req: 0,
  sv_active: 5,
  sv_idle: 1,
  sv_used: 2,
  sv_tested: 0,
  sv_login: 0,
  maxwait: 2,
  maxwait_us: 345_678,
  pool_mode: 'transaction',
};
const POOL = {
  database: 'shop',
  user: 'app',
  clientsActive: 12,
  clientsWaiting: 3,
  serversActive: 5,
  serversIdle: 1,
  serversUsed: 2,
  maxWaitMs: 2_345,
  mode: 'transaction',
};

test('a row of SHOW POOLS is read, whether its numbers come as numbers or as text', () => {
  const asText = Object.fromEntries(Object.entries(ROW).map(([key, value]) => [key, String(value)]));
  expect(poolsOf([ROW, asText])).toEqual({ pools: [POOL, POOL], unreadable: 0 });
});

test('the longest wait comes first, and the pool of the console is left out', () => {
  const rows = [ROW, { ...ROW, database: 'slow', maxwait: 9 }, { ...ROW, database: 'pgbouncer' }];
  expect(poolsOf(rows).pools.map(({ database }) => database)).toEqual(['slow', 'shop']);
});

test('a pooler that does not tell microseconds is read in seconds', () => {
  const { maxwait_us: _unknown, ...old } = ROW;
  expect(poolsOf([old]).pools[0]?.maxWaitMs).toBe(2_000);
});

test.each([
  ['no object', null],
  ['a text', 'shop'],
  ['no database', { ...ROW, database: undefined }],
  ['a number that is none', { ...ROW, cl_waiting: '3; drop' }],
  ['a number below zero', { ...ROW, sv_idle: -1 }],
  ['one that is not exact', { ...ROW, cl_active: '99999999999999999999' }],
  ['none of the columns', {}],
])('a row with %s is not read, and counted', (_what, row) => {
  expect(poolsOf([row, ROW])).toEqual({ pools: [POOL], unreadable: 1 });
});

test('names and modes from a stranger forge no line and are of no great length', () => {
  const hostile = {
    ...ROW,
    database: `a\n\u001B[2Jb\u202E`,
    user: 'u'.repeat(10_000),
    pool_mode: '__proto__',
  };
  const [pool] = poolsOf([hostile]).pools;
  expect(pool?.database).toBe(String.raw`a\u{a}\u{1b}[2Jb\u{202e}`);
  expect(pool?.user.length).toBeLessThan(300);
  expect(pool?.mode).toBe('unknown');
});

test('no more pools are kept than anybody reads', () => {
  expect(poolsOf(Array.from({ length: 1_000 }, () => ROW)).pools).toHaveLength(200);
});

test('behind a pooler without its console the view says what to pass', () => {
  const view = { behindPooler: true, missing: ['backends: …'] } as unknown as ServerView;
  expect(withPooler(view, undefined).missing).toEqual(['backends: …', expect.stringContaining('adminUrl')]);
  expect(withPooler({ ...view, behindPooler: false }, undefined).missing).toEqual(['backends: …']);
  const told = withPooler(view, { pooler: undefined, missing: ['pooler: its console …'] });
  expect(told.missing).toEqual(['backends: …', 'pooler: its console …']);
});
