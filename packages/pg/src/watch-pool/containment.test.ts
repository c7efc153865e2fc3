import { EventEmitter } from 'node:events';
import { SystemClock } from '@lifeguard/core';
import { expect, test } from 'vitest';
import { watchPoolClass } from './watch-pool-class.ts';
import { watchPool, watcherOf } from './watch-pool.ts';

/** As much of pg-pool as is needed to be taken for one. Its clients are made without a server. */
class TinyPool extends EventEmitter {
  totalCount = 0;
  idleCount = 0;
  waitingCount = 0;
  readonly options: Record<string, unknown> = {};
  connect(callback?: (error: Error | undefined, client?: object, done?: () => void) => unknown): unknown {
    const client = { release: () => this.emit('release', undefined, client) };
    if (callback !== undefined) return callback.call(this, undefined, client, client.release);
    return Promise.resolve(client);
  }
  query(): unknown {
    return this.connect();
  }
  end(): void {}
}

class BrokenClock extends SystemClock {
  isBroken = false;
  override coarseNow(): number {
    if (this.isBroken) throw new Error('a defect of ours');
    return super.coarseNow();
  }
}

function brokenWatch(): { pool: TinyPool; clock: BrokenClock; logged: string[] } {
  const clock = new BrokenClock();
  const logged: string[] = [];
  const log = (_: object, message: string): unknown => logged.push(message);
  const pool = new TinyPool();
  watchPool(pool, { clock, logger: { warn: log, error: log } });
  return { pool, clock, logged };
}

test('a defect in the watching reaches nobody but the log, once', async () => {
  const { pool, clock, logged } = brokenWatch();
  clock.isBroken = true;
  expect(await pool.connect()).toMatchObject({});
  expect(await pool.query()).toMatchObject({});
  const { promise, resolve } = Promise.withResolvers<unknown[]>();
  pool.connect((...answer) => resolve(answer));
  expect(await promise).toHaveLength(3);
  expect(logged).toEqual(['a listener of "watchPool" failed: a defect of ours']);
});

test('clients that are not as expected are handed on as they are', async () => {
  const { pool, logged } = brokenWatch();
  const client = (await pool.connect()) as { release: () => void };
  expect(Object.keys(client)).toEqual(['release']);
  client.release();
  expect(watcherOf(pool)?.snapshot()).toMatchObject({ pending: 0, counters: { acquired: 1, released: 1 } });
  expect(logged).toEqual([]);
});

test('what a callback throws, returns and is called with is as without us', () => {
  const { pool } = brokenWatch();
  const self: unknown[] = [];
  const answer = pool.connect(function (this: unknown, error, client, done) {
    self.push(this, error, done === (client as { release: unknown }).release);
    return 'its own';
  });
  expect(answer).toBe('its own');
  expect(self).toEqual([pool, undefined, true]);
  expect(() =>
    pool.connect(() => {
      throw new Error('of the application');
    }),
  ).toThrow('of the application');
  const { connect } = pool;
  expect(() => Reflect.apply(connect, undefined, [])).not.toThrow();
});

test('a rejection that nobody handles stays one that nobody handles', async () => {
  const pool = new TinyPool();
  Object.defineProperty(pool, 'connect', {
    value: () => Promise.reject(new Error('nobody')),
    configurable: true,
  });
  watchPool(pool, { logger: { warn: () => undefined, error: () => undefined } });
  const unhandled = new Promise((resolve) => {
    const others = process.rawListeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    process.once('unhandledRejection', (reason) => {
      for (const other of others) process.on('unhandledRejection', other as () => void);
      resolve(reason);
    });
  });
  void pool.connect();
  expect(await unhandled).toEqual(new Error('nobody'));
});

test('a class is watched from the first use of each of its pools, and left alone once that is ended', async () => {
  class Pool extends TinyPool {
    override connect(...args: Parameters<TinyPool['connect']>): unknown {
      return super.connect(...args);
    }
  }
  const names: string[] = [];
  const before = new Pool();
  const original = Pool.prototype.connect;
  const end = watchPoolClass(Pool, {
    optionsOf: () => ({
      name: `pool-${names.length}`,
      logger: { warn: () => undefined, error: () => undefined },
    }),
    onWatched: ({ name }) => names.push(name),
  });
  expect(watchPoolClass(Pool)()).toBeUndefined();
  expect(names).toEqual([]);
  await before.connect();
  await before.query();
  await new (class extends Pool {})().query();
  expect(names).toEqual(['pool-0', 'pool-1']);
  expect(watcherOf(before)?.snapshot().counters.acquired).toBe(2);
  watcherOf(before)?.detach();
  await before.connect();
  expect(watcherOf(before)).toBeUndefined();
  end();
  expect(Pool.prototype.connect).toBe(original);
  await new Pool().connect();
  expect(names).toHaveLength(2);
});

test('options that a pool cannot be watched with are told once, and the pool works', async () => {
  class Pool extends TinyPool {
    override connect(...args: Parameters<TinyPool['connect']>): unknown {
      return super.connect(...args);
    }
  }
  const logged: string[] = [];
  const log = (_: object, message: string): unknown => logged.push(message);
  watchPoolClass(Pool, { optionsOf: () => ({ leakThresholdMs: -1 }), logger: { warn: log, error: log } });
  const pool = new Pool();
  await pool.connect();
  await pool.connect();
  expect(logged).toHaveLength(1);
  expect(logged[0]).toContain('leakThresholdMs');
});

test('a client that tells nothing of its protocol, as that of pg-native, is heard by its end of work', async () => {
  class NativeClient extends EventEmitter {
    release = (): unknown => pool.emit('release', undefined, this);
    query(_sql: string): void {}
  }
  const pool = new TinyPool();
  const client = new NativeClient();
  Object.defineProperty(pool, 'connect', { value: () => Promise.resolve(client), configurable: true });
  const watched = watchPool(pool, { logger: { warn: () => undefined, error: () => undefined } });
  const taken = (await pool.connect()) as NativeClient;
  taken.query('select 1');
  expect(watched.snapshot().leases).toMatchObject([{ queryRunning: true, lastQuery: 'select ?' }]);
  client.emit('drain');
  expect(watched.snapshot().leases).toMatchObject([{ queryRunning: false, transaction: 'unknown' }]);
  taken.release();
  watched.detach();
  expect(client.eventNames()).toEqual([]);
  expect(Object.hasOwn(client, 'query')).toBe(false);
});

test('a pool whose methods were bound by accessors works as before, and is put back', async () => {
  const pool = new TinyPool();
  const accessors = ['connect', 'emit', 'end'].map((name) => {
    const bound = (Reflect.get(pool, name) as () => unknown).bind(pool);
    const accessor = { get: () => bound, set: () => undefined, configurable: true, enumerable: false };
    Object.defineProperty(pool, name, accessor);
    return [name, Object.getOwnPropertyDescriptor(pool, name)] as const;
  });
  using watched = watchPool(pool);
  const client = (await pool.query()) as { release: () => void };
  client.release();
  pool.end();
  expect(watched.snapshot().counters).toMatchObject({ acquired: 1, released: 1 });
  watched.detach();
  for (const [name, accessor] of accessors)
    expect(Object.getOwnPropertyDescriptor(pool, name)).toEqual(accessor);
});

test('a pool that can be watched in part only is not watched, and is as before', async () => {
  const pool = new TinyPool();
  Object.defineProperty(pool, 'emit', { value: pool.emit, configurable: false });
  const names = Object.getOwnPropertyNames(pool);
  expect(() => watchPool(pool)).toThrow(TypeError);
  expect(Object.getOwnPropertyNames(pool)).toEqual(names);
  expect(watcherOf(pool)).toBeUndefined();
  expect(await pool.query()).toMatchObject({});
});

test('a method that is put in front has name and length of the one behind', () => {
  const pool = new TinyPool();
  using _ = watchPool(pool);
  expect([pool.connect.name, pool.connect.length, pool.emit.name]).toEqual(['connect', 1, 'emit']);
});
