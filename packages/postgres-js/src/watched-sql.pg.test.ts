import { SystemClock, livePools } from '@lifeguard/core';
import { allowLeaks } from '@lifeguard/testing';
import { usePostgres } from '@lifeguard/testing/vitest';
import { describe, expect, onTestFinished, test } from 'vitest';
import { QUIET, rejectionOf, stockSql, until, watchedSql } from '../test/watched-sql.ts';
import { watchSql, watcherOf } from './watch-sql.ts';

const db = usePostgres();

describe('a watched sql', () => {
  test('is the same one, is watched once, is announced while it lives, and is as before once detached', async () => {
    const sql = stockSql(db.url, { max: 1 });
    const describeAll = (target: object): unknown => Object.getOwnPropertyDescriptors(target);
    const prototype = Object.getPrototypeOf(sql.unsafe('')) as object;
    const keys = Object.keys(sql);
    const before = [describeAll(sql), describeAll(sql.options), describeAll(prototype)];
    expect(watchSql(sql, QUIET)).toBe(sql);
    const watched = watcherOf(sql);
    expect(Object.keys(sql)).toEqual(keys);
    expect(watchSql(sql, { name: 'other' })).toBe(sql);
    expect(watcherOf(sql)).toBe(watched);
    expect(livePools()).toContain(watched);
    const reserved = await sql.reserve();
    watched?.detach();
    watched?.detach();
    expect(livePools()).not.toContain(watched);
    expect([describeAll(sql), describeAll(sql.options), describeAll(prototype)]).toEqual(before);
    expect(watched?.snapshot().leases).toEqual([]);
    reserved.release();
    await sql`select 1`;
    expect(watched?.snapshot()).toMatchObject({ counters: { acquired: 1 } });
    watchSql(sql, QUIET);
    await sql`select 1`;
    expect(watcherOf(sql)?.snapshot()).toMatchObject({ counters: { acquired: 1, released: 1 } });
  });

  test('counts once what is watched again after somebody has put a function in front of ours', async () => {
    const sql = stockSql(db.url, { max: 1 });
    const prototype = Object.getPrototypeOf(sql.unsafe('')) as { handle: () => unknown };
    watchSql(sql, QUIET);
    const ours = prototype.handle;
    prototype.handle = function handle(this: unknown) {
      return ours.call(this);
    };
    onTestFinished(() => void (prototype.handle = ours));
    for (const _ of [1, 2, 3]) {
      watcherOf(sql)?.detach();
      watchSql(sql, QUIET);
    }
    await sql`select 1`;
    expect(watcherOf(sql)?.snapshot()).toMatchObject({ pending: 0, counters: { acquired: 1, released: 1 } });
  });

  test('counts idle connections also where queries have parameters and are not prepared', async () => {
    const { sql, watched } = watchedSql(db.url, { max: 3, prepare: false });
    await Promise.all([1, 2, 3].map((n) => sql`select pg_sleep(${n / 100})`));
    await until('all are idle', () => watched.snapshot().used === 0);
    expect(watched.snapshot()).toMatchObject({ idle: watched.snapshot().counters.connected });
    expect(watched.snapshot().idle).toBeGreaterThan(0);
  });

  test('takes a mistake of the application for no failed connect', async () => {
    const { sql, watched } = watchedSql(db.url, { max: 1 });
    await sql`select 1`;
    await rejectionOf(sql.begin({} as never, () => 1) as Promise<unknown>);
    expect(watched.snapshot()).toMatchObject({
      lastConnectError: undefined,
      counters: { connectFailures: 0 },
    });
  });

  test('must be what postgres() has returned', async () => {
    const sql = stockSql(db.url, { max: 1 });
    await sql.begin((tx) => {
      expect(() => watchSql(tx as never)).toThrow(expect.objectContaining({ code: 'LG_UNSUPPORTED' }));
    });
    expect(() => watchSql(sql, { leakThresholdMs: -1 })).toThrow(/leakThresholdMs/);
    expect(watcherOf(sql)).toBeUndefined();
  });

  test('goes on as without us where the watching fails, which is told once', async () => {
    const clock = new BrokenClock();
    const logged: string[] = [];
    const log = (_: object, message: string): unknown => logged.push(message);
    const { sql, watched } = watchedSql(db.url, { max: 1 }, { clock, logger: { warn: log, error: log } });
    clock.isBroken = true;
    expect(await sql`select 1 as n`).toEqual([{ n: 1 }]);
    expect(await sql.begin((tx) => tx`select 2 as n`)).toEqual([{ n: 2 }]);
    const reserved = await sql.reserve();
    expect(await reserved.unsafe('select 3 as n')).toEqual([{ n: 3 }]);
    reserved.release();
    expect(await rejectionOf(sql.file('/no/such/file'))).toMatchObject({ code: 'ENOENT' });
    clock.isBroken = false;
    await sql`select 1`;
    expect(logged).toEqual(['a listener of "watchSql" failed: a defect of ours']);
    expect(watched.snapshot()).toMatchObject({ used: 0, pending: 0, counters: { acquired: 1 } });
  });

  test('that is broken in the midst of a query lets it end', async () => {
    const clock = new BrokenClock();
    const { sql } = watchedSql(db.url, { max: 1 }, { ...QUIET, clock });
    const slow = sql`select pg_sleep(0.05), 4 as n`.execute();
    const inside = sql.begin(async (tx) => {
      clock.isBroken = true;
      return tx`select 5 as n`;
    });
    expect([await slow, await inside]).toMatchObject([[{ n: 4 }], [{ n: 5 }]]);
    clock.isBroken = false;
    allowLeaks();
  });
});

class BrokenClock extends SystemClock {
  isBroken = false;
  override coarseNow(): number {
    if (this.isBroken) throw new Error('a defect of ours');
    return super.coarseNow();
  }
}
