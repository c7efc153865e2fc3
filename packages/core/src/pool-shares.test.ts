import { describe, expect, it } from 'vitest';
import { makePool, statuses, watch } from '../test/pool-fixture.ts';
import { Session } from './session.ts';

describe('priorities', () => {
  it('are served in their order, and among equals in that of the calls', async () => {
    const { pool, take } = makePool({ size: 1 });
    const [held] = await take(1);
    const order: string[] = [];
    const call = (name: string, priority?: 'high' | 'normal' | 'low'): void => {
      void pool.acquire(priority === undefined ? {} : { priority }).then((lease) => {
        order.push(name);
        lease.release();
      });
    };
    call('low', 'low');
    call('first');
    call('second', 'normal');
    call('high', 'high');
    held?.release();
    await statuses([]);
    expect(order).toEqual(['high', 'first', 'second', 'low']);
  });

  it('of a session hold for all that is acquired in it', async () => {
    const { pool, clock, take } = makePool({ size: 1 });
    const [held] = await take(1);
    const usual = watch(pool.acquire());
    const session = new Session({ clock, priority: 'high' }, undefined);
    const urgent = watch(session.run(() => pool.acquire()));
    held?.release();
    expect(await statuses([usual, urgent])).toBe('pending fulfilled');
    urgent.value?.release();
    expect(await statuses([usual])).toBe('fulfilled');
    usual.value?.release();
    session.end();
  });

  it('must be known ones, and tenants texts', async () => {
    const { pool } = makePool();
    await expect(pool.acquire({ priority: 'urgent' as 'high' })).rejects.toThrow(
      '"priority" must be "high", "normal" or "low"',
    );
    await expect(pool.acquire({ tenant: 7 as unknown as string })).rejects.toThrow('"tenant" must be a text');
  });
});

describe('reserved connections', () => {
  it('are for acquires of high priority only, though others wait', async () => {
    const { pool, connector } = makePool({ size: 3, reserved: 1 });
    const usual = [1, 2, 3].map(() => watch(pool.acquire()));
    expect(await statuses(usual)).toBe('fulfilled fulfilled pending');
    expect(connector.connects).toBe(2);
    pool.audit();
    const urgent = watch(pool.acquire({ priority: 'high' }));
    expect(await statuses([urgent])).toBe('fulfilled');
    urgent.value?.release();
    expect(pool.counts()).toMatchObject({ used: 2, idle: 1, pending: 1 });
    pool.audit();
    const again = watch(pool.acquire({ priority: 'high' }));
    expect(await statuses([again, usual[2]!])).toBe('fulfilled pending');
    usual[0]?.value?.release();
    expect(await statuses(usual)).toBe('fulfilled fulfilled fulfilled');
    for (const { value } of [...usual.slice(1), again]) value?.release();
  });

  it('are had without a wait by who comes to a pool where nobody else waits', async () => {
    const { pool, take } = makePool({ size: 2, reserved: 1, prePing: false });
    const [first, second] = [
      await pool.acquire({ priority: 'high' }),
      await pool.acquire({ priority: 'high' }),
    ];
    first.release();
    second.release();
    const [usual] = await take(1);
    const waiting = watch(pool.acquire());
    expect(await statuses([waiting])).toBe('pending');
    usual?.release();
    expect(await statuses([waiting])).toBe('fulfilled');
    waiting.value?.release();
  });

  it('are given to nobody else while the share of the others is taken, and again when it is taken back', async () => {
    const { pool, clock, take } = makePool({ size: 2, reserved: 1 });
    const urgent = await pool.acquire({ priority: 'high' });
    const session = new Session({ clock, timeoutMs: 100 }, undefined);
    const held = watch(session.run(() => pool.acquire()));
    expect(await statuses([held])).toBe('fulfilled');
    urgent.release();
    const waiting = watch(pool.acquire());
    await clock.advance(50);
    expect(waiting.status).toBe('pending');
    // At the end of the session its connection is closed; the other one may be had at once.
    await clock.advance(55);
    expect(waiting.status).toBe('fulfilled');
    waiting.value?.release();
    await take(1).then(([lease]) => lease?.release());
  });

  it('are not kept from a health check by those who fill the queue', async () => {
    const { pool } = makePool({ size: 2, reserved: 1, maxWaiting: 1 });
    const usual = [1, 2, 3, 4].map(() => watch(pool.acquire()));
    expect(await statuses(usual)).toBe('fulfilled pending pending rejected');
    const health = watch(pool.acquire({ priority: 'high' }));
    expect(await statuses([health])).toBe('fulfilled');
    health.value?.release();
    usual[0]?.value?.release();
    await statuses(usual);
    usual[1]?.value?.release();
    await statuses(usual);
    usual[2]?.value?.release();
  });

  it('do not hide a deadlock of the others', async () => {
    const { pool, clock } = makePool({ size: 2, reserved: 1, nestedAcquire: 'off' });
    const nested = watch(pool.use(() => pool.use(() => 'never')));
    await clock.advance(10);
    expect(nested).toMatchObject({ status: 'rejected', error: { code: 'LG_POOL_DEADLOCK' } });
  });

  it('do not hide it either while somebody of high priority waits', async () => {
    const { pool, clock } = makePool({ size: 2, reserved: 1, nestedAcquire: 'off' });
    const { promise: others, resolve } = Promise.withResolvers<void>();
    const nested = watch(pool.use(() => others.then(() => pool.use(() => 'never'))));
    const urgent = await pool.acquire({ priority: 'high' });
    const another = watch(pool.acquire({ priority: 'high' }));
    await clock.advance(10);
    expect(another.status).toBe('pending');
    resolve();
    await clock.advance(10);
    expect(nested.error).toMatchObject({ code: 'LG_POOL_DEADLOCK' });
    // Its block gave back what the other one waited for.
    expect(another.status).toBe('fulfilled');
    for (const lease of [urgent, another.value]) lease?.release();
  });

  it('that are in use do not make a deadlock of those who could be served', async () => {
    const { pool, clock } = makePool({ size: 2, reserved: 1, nestedAcquire: 'off' });
    const urgent = await pool.acquire({ priority: 'high' });
    urgent.release();
    const waiting = watch(pool.use(() => pool.use(() => 'served', { priority: 'high' })));
    await clock.advance(10);
    expect(waiting.value).toBe('served');
  });

  it('that are in use do not hide it either, nor does a lease of theirs count as stuck', async () => {
    const { pool, clock } = makePool({ size: 4, reserved: 2, nestedAcquire: 'off' });
    const idle = await pool.acquire({ priority: 'high' });
    const again = await pool.acquire({ priority: 'high' });
    const others = [await pool.acquire(), await pool.acquire()];
    for (const lease of [idle, ...others]) lease.release();
    const nested = [1, 2].map(() => watch(pool.use(() => pool.use(() => 'served'))));
    await clock.advance(10);
    const lost = nested.filter(({ status }) => status === 'rejected');
    expect(lost).toMatchObject([{ error: { code: 'LG_POOL_DEADLOCK' } }]);
    again.release();
    await clock.advance(10);
    expect(nested.filter(({ value }) => value === 'served')).toHaveLength(1);
  });

  it('make no deadlock of a wait for a connection that is being opened, nor of a pool where nobody waits', async () => {
    const { pool, clock, connector, take } = makePool({ size: 4, reserved: 1, nestedAcquire: 'off' });
    const [held] = await take(1);
    await clock.advance(3_000);
    connector.onConnect = 'hang';
    const nested = watch(pool.use(() => 'served'));
    await clock.advance(3_000);
    expect(nested.status).toBe('pending');
    connector.finish('connect');
    await clock.advance(1);
    expect(nested.value).toBe('served');
    held?.release();
  });

  it('must leave one for the others, and options must be what they may be', () => {
    expect(() => makePool({ size: 2, reserved: 2 })).toThrow(
      '"reserved" must be less than size + maxOverflow (2)',
    );
    expect(() => makePool({ queuePolicy: 'lifo' as 'fifo' })).toThrow(
      '"queuePolicy" must be "fifo" or "controlled"',
    );
    expect(() => makePool({ tenantTag: '' })).toThrow('"tenantTag" must be a non-empty text');
    expect(() => makePool({ tenantWeights: { a: 0 } })).toThrow(
      '"tenantWeights.a" must be a number, more than 0',
    );
    expect(() => makePool({ tenantWeights: { a: Infinity } })).toThrow(
      '"tenantWeights.a" must be a number, more than 0',
    );
    expect(() => makePool({ tenantWeights: { a: '3' as unknown as number } })).toThrow('got the string "3"');
    expect(makePool({ tenantWeights: { a: 3 } }).pool.options.tenantWeights).toEqual({ a: 3 });
    expect(() => makePool({ tenantWeights: 3 as unknown as Record<string, number> })).toThrow(
      'an object of numbers',
    );
  });
});

describe('tenants', () => {
  it('get what comes free in turn, by the tag of their session or by name', async () => {
    const { pool, clock, take } = makePool({ size: 1, tenantTag: 'customer' });
    const [held] = await take(1);
    const order: string[] = [];
    const call = (name: string, session?: Session): void => {
      const acquire = (): Promise<void> =>
        pool.acquire(session === undefined ? { tenant: name } : {}).then((lease) => {
          order.push(name);
          clock.setTimer(1, () => lease.release());
        });
      void (session === undefined ? acquire() : session.run(acquire));
    };
    const acme = new Session({ clock, tags: { customer: 'acme' } }, undefined);
    for (let each = 0; each < 3; each += 1) call('acme', acme);
    call('bolt');
    call('bolt');
    held?.release();
    await clock.advance(20);
    expect(order).toEqual(['acme', 'bolt', 'acme', 'bolt', 'acme']);
    acme.end();
  });

  it('are forgotten when their call is refused', async () => {
    const { pool, take } = makePool({ size: 1, maxWaiting: 0 });
    const [held] = await take(1);
    const refused = watch(pool.acquire({ tenant: 'acme' }));
    expect(await statuses([refused])).toBe('rejected');
    held?.release();
  });
});
