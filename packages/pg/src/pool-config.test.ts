import { resolvePoolOptions } from '@lifeguard/core/adapter';
import { expect, test } from 'vitest';
import { toConnectorOptions, toPoolOptions } from './pool-config.ts';
import type { LifeguardPoolOptions } from './pool-config.ts';

const resolved = (options: LifeguardPoolOptions = {}): object => resolvePoolOptions(toPoolOptions(options));

test('without options a pool is as big and as patient as that of pg, but for the limit on waiting', () => {
  expect(resolved()).toMatchObject({
    size: 10,
    maxOverflow: 0,
    minIdle: 0,
    idleTimeoutMs: 10_000,
    acquireTimeoutMs: 30_000,
    maxUses: Infinity,
    retryConnect: true,
  });
});

test('the options of pg mean what they mean there', () => {
  const options = {
    max: 3,
    min: 2,
    idleTimeoutMillis: 0,
    connectionTimeoutMillis: 2_000,
    maxLifetimeSeconds: 60,
    maxUses: 7,
  };
  expect(resolved(options)).toMatchObject({
    size: 3,
    minIdle: 2,
    idleTimeoutMs: Infinity,
    acquireTimeoutMs: 2_000,
    connectTimeoutMs: 2_000,
    maxLifetimeMs: 60_000,
    maxUses: 7,
  });
  expect(resolved({ max: 0 })).toMatchObject({ size: 10 });
  expect(resolved({ poolSize: 4 } as LifeguardPoolOptions)).toMatchObject({ size: 4 });
});

test('ours win where both are given', () => {
  const options = {
    max: 3,
    size: 5,
    maxOverflow: 2,
    idleTimeoutMillis: 1,
    idleTimeoutMs: 2,
    connectionTimeoutMillis: 3,
    acquireTimeoutMs: 4,
  };
  expect(resolved(options)).toMatchObject({ size: 5, maxOverflow: 2, idleTimeoutMs: 2, acquireTimeoutMs: 4 });
});

test('options of the detector reach it', () => {
  const options = {
    orphanGraceMs: 5,
    adaptiveThreshold: false,
    reportIntervalMs: 6,
    maxSites: 7,
    nestedAcquire: 'error',
    reclaim: 'always',
  } as const;
  expect(resolved(options)).toMatchObject({ ...options, adaptiveThreshold: expect.anything() as unknown });
});

test('who waits for ever is told of a failed connect at once', () => {
  expect(resolved({ connectionTimeoutMillis: 0 })).toMatchObject({
    acquireTimeoutMs: Infinity,
    connectTimeoutMs: 10_000,
    retryConnect: false,
  });
  expect(resolved({ connectionTimeoutMillis: 0, retryConnect: true })).toMatchObject({ retryConnect: true });
});

test.each([
  ['connectionTimeoutMillis', '100'],
  ['idleTimeoutMillis', -1],
  ['idleTimeoutMillis', NaN],
  ['max', 2.5],
])('%s: %j is refused', (option, value) => {
  expect(() => resolved({ [option]: value })).toThrow(/must be/);
});

test('the server limits a transaction, looks for us every second and knows who we are, unless told otherwise', () => {
  expect(toConnectorOptions({})).toEqual({
    serverLimits: true,
    connectionCheckMs: 1_000,
    tagApplicationName: true,
    sessionState: 'keep',
    pooler: 'auto',
  });
  const off = {
    serverLimits: false,
    connectionCheckMs: 0,
    tagApplicationName: false,
    sessionState: 'replace',
    pooler: 'none',
  } as const;
  expect(toConnectorOptions(off)).toEqual(off);
  expect(() => toPoolOptions(off)).not.toThrow();
});

test.each([
  ['serverLimits', 'yes', 'true or false'],
  ['tagApplicationName', null, 'true or false'],
  ['sessionState', 'reset', "'keep' or 'replace'"],
  ['connectionCheckMs', -1, 'a whole number of milliseconds'],
  ['connectionCheckMs', '1000', 'a whole number of milliseconds'],
])('%s must not be %j', (option, value, expected) =>
  expect(() => toConnectorOptions({ [option]: value })).toThrow(expected),
);

test('an unknown pooler is refused, and so is session state that would have to be replaced behind one', () => {
  expect(toConnectorOptions({}).pooler).toBe('auto');
  expect(() => toConnectorOptions({ pooler: 'pgbouncer' as 'auto' })).toThrow(
    /option "pooler" must be 'auto'/,
  );
  expect(() => toConnectorOptions({ pooler: 'transaction', sessionState: 'replace' })).toThrow(/SET LOCAL/);
  expect(toConnectorOptions({ pooler: 'none', sessionState: 'replace' }).pooler).toBe('none');
});
