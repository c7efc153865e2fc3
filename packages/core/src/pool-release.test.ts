import { describe, expect, it } from 'vitest';
import { makePool, statuses, watch } from '../test/pool-fixture.ts';
import type { CloseReason } from './pool-entry.ts';
import { Session } from './session.ts';
import { FakeConnector, settle } from './testing/index.ts';
import type { FakeConnection } from './testing/index.ts';

describe('a returned connection', () => {
  it('that is dirty is cleaned before anybody gets it', async () => {
    const { pool, connector, take } = makePool({ size: 1 });
    const [lease] = await take(1);
    const waiting = watch(pool.acquire());
    connector.opened[0]!.cleanliness = 'dirty';
    connector.onReset = 'hang';
    lease?.release();
    expect(await statuses([waiting])).toBe('pending');
    expect(pool.counts()).toMatchObject({ resetting: 1, used: 0 });
    connector.finish('reset');
    expect(await statuses([waiting])).toBe('fulfilled');
    expect(connector.opened[0]?.cleanliness).toBe('clean');
    expect(connector.pings).toBe(0);
  });

  it.each([
    ['cannot be cleaned', new Error('still in a transaction'), 0],
    ['is not cleaned within resetTimeoutMs', 'hang' as const, 1_000],
  ])('that %s is closed, and another is opened for the waiter at once', async (_, onReset, waitMs) => {
    const { pool, clock, connector, take } = makePool({ size: 1, maxOverflow: 1, resetTimeoutMs: 1_000 });
    const [first] = await take(2);
    const waiting = watch(pool.acquire());
    connector.opened[0]!.cleanliness = 'dirty';
    connector.onReset = onReset;
    first?.release();
    connector.onClose = 'hang';
    await clock.advance(waitMs);
    expect(connector.opened[0]?.closedBy).toBe('cancel-first');
    connector.finish('close');
    expect(await statuses([waiting])).toBe('fulfilled');
    expect(waiting.value?.connection.id).toBe(3);
  });

  it('that could not be cleaned does not keep its waiter until it is closed, when there is room', async () => {
    const { pool, connector, take } = makePool({ size: 2 });
    const [lease] = await take(1);
    connector.opened[0]!.cleanliness = 'dirty';
    connector.onReset = 'hang';
    lease?.release();
    const waiting = watch(pool.acquire());
    await settle();
    expect(connector.connects).toBe(1);
    connector.onClose = 'hang';
    connector.finish('reset', new Error('no'));
    expect(await statuses([waiting])).toBe('fulfilled');
    expect(pool.counts()).toMatchObject({ used: 1, closing: 1 });
  });

  it('that is broken is closed, and the server is told to stop what it runs', async () => {
    const { pool, connector, take } = makePool();
    const [lease] = await take(1);
    connector.opened[0]!.cleanliness = 'broken';
    const reasons: CloseReason[] = [];
    pool.on('close', ({ reason }) => reasons.push(reason));
    lease?.release();
    await settle();
    expect(connector.opened[0]?.closedBy).toBe('cancel-first');
    expect(reasons).toEqual(['broken']);
  });

  it('that is broken and over its time is closed as a broken one', async () => {
    const { connector, take } = makePool({ maxUses: 1 });
    const [lease] = await take(1);
    connector.opened[0]!.cleanliness = 'broken';
    lease?.release();
    expect(connector.opened[0]?.closedBy).toBe('cancel-first');
  });

  it('that is dirty and over its time is not cleaned first', async () => {
    const { connector, take } = makePool({ maxUses: 1 });
    const [lease] = await take(1);
    connector.opened[0]!.cleanliness = 'dirty';
    lease?.release();
    expect(connector.resets).toBe(0);
    expect(connector.opened[0]?.closedBy).toBe('polite');
  });

  it('that its holder wants destroyed is closed', async () => {
    const { pool, connector, take } = makePool();
    const [lease] = await take(1);
    const told: unknown[] = [];
    pool.on('release', ({ leaseId, destroy }) => told.push([leaseId, destroy]));
    lease?.destroy();
    expect(connector.opened[0]?.closedBy).toBe('cancel-first');
    expect(told).toEqual([[1, true]]);
  });
});

describe('a lease', () => {
  it('that was released lets nobody reach the connection any more', async () => {
    const { take } = makePool();
    const [lease] = await take(1);
    lease?.release();
    expect(lease?.isOpen).toBe(false);
    expect(() => lease?.connection).toThrow(expect.objectContaining({ code: 'LG_LEASE_RELEASED' }));
  });

  it('tells its connection to those who know its record, and only while it is open and of this pool', async () => {
    const { pool, connector } = makePool();
    const lease = await pool.acquire();
    expect(pool.connectionOf(lease.record)).toBe(connector.opened[0]);
    expect(makePool().pool.connectionOf(lease.record)).toBeUndefined();
    lease.release();
    expect(pool.connectionOf(lease.record)).toBeUndefined();
  });

  it('that is released twice does not free the lease of the next holder', async () => {
    const { pool, take } = makePool({ size: 1 });
    const [first] = await take(1);
    first?.release();
    const [second] = await take(1);
    first?.release();
    first?.destroy();
    expect(second?.isOpen).toBe(true);
    expect(pool.counts()).toMatchObject({ used: 1, idle: 0 });
    expect(pool.snapshot().counters.released).toBe(1);
  });

  it('that was taken back throws why, and its late release does nothing', async () => {
    const { pool, connector, take } = makePool({ size: 1 });
    const [lease] = await take(1);
    const waiting = watch(pool.acquire());
    const told: unknown[] = [];
    pool.on('revoke', ({ leaseId, error }) => told.push([leaseId, error.reason]));
    const { record } = lease!;
    expect(record.owner.revoke(record, 'operator', undefined)).toBe(true);
    expect(connector.opened[0]).toMatchObject({
      closedBy: 'cancel-first',
      revokedWith: { code: 'LG_LEASE_REVOKED' },
    });
    expect(() => lease?.connection).toThrow(connector.opened[0]?.revokedWith);
    expect(await statuses([waiting])).toBe('fulfilled');
    lease?.release();
    expect(record.owner.revoke(record, 'operator', undefined)).toBe(false);
    expect(pool.counts()).toMatchObject({ used: 1 });
    expect(told).toEqual([[1, 'operator']]);
    expect(pool.snapshot().counters).toMatchObject({ revoked: 1, released: 0 });
  });

  it('that was taken back says when, where it was taken and by whose will', async () => {
    const { clock, connector, take, pool } = makePool();
    const lease = await pool.acquire({ label: 'nightly report' });
    await take(1);
    await clock.advance(41_000);
    const cause = new Error('the operator said so');
    lease.record.owner.revoke(lease.record, 'operator', cause);
    const error = connector.opened[0]?.revokedWith;
    expect(error?.cause).toBe(cause);
    expect(error?.message.replace(/:\d+$/m, '')).toBe(
      [
        'lease #1 of pool "main" was taken back after 41s (operator)',
        '  acquired  nightly report at packages/core/src/pool-release.test.ts',
        '  doing     no query yet',
        '  when      2026-01-01T00:17:21.000Z',
        '  fix       somebody has taken it back by hand',
        '  more      npx -p @lifeguard/cli lifeguard explain LG_LEASE_REVOKED',
      ].join('\n'),
    );
  });

  it.each([
    [
      'the stack of its acquire',
      'always',
      /acquired {2}\S*pool-fixture\.ts:\d+[^]*\n {12}\S*pool-release\.test\.ts:\d+/,
    ],
    ['that its place is not known', 'off', /acquired {2}\(place unknown\)/],
  ] as const)('that was taken back tells its holder %s', async (_, mode, acquired) => {
    const { take } = makePool({ stacks: { mode } });
    const [lease] = await take(1);
    lease?.record.owner.revoke(lease.record, 'operator', undefined);
    expect(() => lease?.connection).toThrow(acquired);
  });

  it('taken in a session ends with it: waiters of the session first, then the connection', async () => {
    const { pool, clock, connector } = makePool({ size: 1 });
    const session = new Session({ timeoutMs: 1_000, clock }, undefined);
    const lease = await session.run(() => pool.acquire());
    const inside = watch(session.run(() => pool.acquire()));
    const outside = watch(pool.acquire());
    await clock.advance(1_000);
    expect(await statuses([inside, outside])).toBe('rejected fulfilled');
    expect(inside.error).toMatchObject({ code: 'LG_SESSION_TIMEOUT' });
    expect(connector.opened[0]?.revokedWith).toMatchObject({
      reason: 'session-timeout',
      cause: inside.error,
    });
    expect(() => lease.connection).toThrow(expect.objectContaining({ code: 'LG_LEASE_REVOKED' }));
    await expect(session.run(() => pool.acquire())).rejects.toBe(inside.error);
  });
});

describe('a connection that dies of being taken back', () => {
  class Fragile extends FakeConnector {
    override revoke(connection: FakeConnection): void {
      connection.die();
    }
  }

  it('is still closed with a cancel, since its query may run on', async () => {
    const { pool, connector, take } = makePool({}, new Fragile());
    const [lease] = await take(1);
    lease!.record.owner.revoke(lease!.record, 'operator', undefined);
    await settle();
    expect(connector.opened[0]?.closedBy).toBe('cancel-first');
    expect(pool.counts()).toMatchObject({ used: 0, closing: 0 });
  });
});
