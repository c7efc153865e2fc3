import { describe, expect, it } from 'vitest';
import { makePool, watch } from '../../test/pool-fixture.ts';
import { runSession } from '../run-session.ts';
import { settle } from '../testing/index.ts';
import { DatabaseHealth } from './database-health.ts';
import type { PoolReadiness, ReadinessStatus } from './readiness.ts';

describe('the check of a pool', () => {
  it('asks the server on a connection, and gives that back', async () => {
    const { pool, clock } = makePool({ size: 20 });
    const checking = pool.checkHealth(800);
    await clock.advance(1);
    expect(await checking).toEqual({
      pool: 'main',
      status: 'ready',
      reason: undefined,
      used: 0,
      max: 20,
      pending: 0,
    });
    expect(pool.counts()).toMatchObject({ used: 0, idle: 1 });
  });

  it('of an exhausted pool says degraded, in time, and how it stands', async () => {
    const { pool, clock, take } = makePool({ size: 2, acquireTimeoutMs: 60_000 });
    const leases = await take(2);
    const checking = pool.checkHealth(800);
    await clock.advance(850);
    expect(await checking).toMatchObject({
      status: 'degraded',
      reason: '2 of 2 connections are in use, 0 callers wait (LG_ACQUIRE_TIMEOUT)',
    });
    leases.forEach((lease) => lease.release());
  });

  it('has a connection of its own where some are reserved, and says that the others are used up', async () => {
    const { pool, clock, take } = makePool({ size: 10, reserved: 1, acquireTimeoutMs: 60_000 });
    const leases = await take(9);
    const checking = pool.checkHealth(800);
    await clock.advance(1);
    expect(await checking).toMatchObject({ status: 'degraded', reason: expect.stringContaining('9 of 10') });
    leases.forEach((lease) => lease.release());
  });

  it('of a server that refuses connections says unreachable, and shows no text of it', async () => {
    const { pool, connector, clock } = makePool({ retryConnect: false });
    connector.onConnect = new Error('no role "root"');
    const checking = pool.checkHealth(800);
    await clock.advance(1_000);
    expect(await checking).toMatchObject({ status: 'unreachable', reason: 'LG_CONNECT_FAILED' });
  });

  it('of a server that does not answer on an open connection says unreachable, and throws that connection away', async () => {
    const { pool, connector, clock, take } = makePool({ prePing: false });
    const [lease] = await take(1);
    lease?.release();
    connector.ping = () => new Promise(() => undefined);
    const checking = pool.checkHealth(800);
    await clock.advance(900);
    expect(await checking).toMatchObject({ status: 'unreachable', reason: 'no answer in time' });
    expect(pool.counts()).toMatchObject({ used: 0, idle: 0 });
  });

  it('of a suspended pool says degraded', async () => {
    const { pool, clock } = makePool();
    pool.suspend();
    const checking = pool.checkHealth(800);
    await clock.advance(900);
    expect(await checking).toMatchObject({ status: 'degraded' });
    pool.resume();
  });

  it('of a pool that is being closed says draining', async () => {
    const { pool } = makePool();
    await pool.close();
    expect(await pool.checkHealth(800)).toMatchObject({
      status: 'draining',
      reason: 'the pool is being closed',
    });
  });

  it('belongs to no session of whoever asks', async () => {
    const { pool, clock } = makePool();
    const answer = watch(
      runSession({ clock }, () =>
        pool.checkHealth(800).then(({ status }) => [status, pool.snapshot().leases]),
      ),
    );
    await clock.advance(1);
    expect(answer.value).toEqual(['ready', []]);
  });

  it.each([
    [{ code: 'ECONNRESET', name: 'Error' }, 'ECONNRESET'],
    [{ code: 'no code of "root"', name: 'Error' }, 'the connection failed'],
  ])('names a foreign error %o by its code, if that is one', async (parts, reason) => {
    const { pool, connector, clock, take } = makePool({ prePing: false });
    const [lease] = await take(1);
    lease?.release();
    connector.ping = () => Promise.reject(Object.assign(new Error('password of root'), parts));
    const checking = pool.checkHealth(800);
    await clock.advance(1);
    expect(await checking).toMatchObject({ status: 'unreachable', reason });
  });

  it('calls what is no error a failure, and does not print it', async () => {
    const { pool, connector, clock, take } = makePool({ prePing: false });
    const [lease] = await take(1);
    lease?.release();
    connector.ping = () => Promise.reject('password of root');
    const checking = pool.checkHealth(800);
    await clock.advance(1);
    expect(await checking).toMatchObject({ status: 'unreachable', reason: 'the connection failed' });
  });
});

describe('the health of the databases', () => {
  const counted = (...statuses: ReadinessStatus[]) => {
    let checks = 0;
    const { clock } = makePool();
    const answers: (() => void)[] = [];
    const pool = (status: ReadinessStatus, index: number) => ({
      name: `pool ${index}`,
      checkHealth: (): Promise<PoolReadiness> => {
        checks += 1;
        const readiness = { pool: `pool ${index}`, status, reason: undefined, used: 0, max: 1, pending: 0 };
        return new Promise((resolve) => {
          answers.push(() => resolve(readiness));
        });
      },
    });
    const health = new DatabaseHealth(statuses.map(pool), { clock });
    const answer = (): void => answers.splice(0).forEach((give) => give());
    return { health, clock, answer, checks: () => checks };
  };

  it('is asked of the server once, for all who ask at the same time and a second later', async () => {
    const { health, clock, answer, checks } = counted('ready');
    const all = Promise.all([health.ready(), health.ready(), health.ready()]);
    answer();
    expect((await all).map(({ status }) => status)).toEqual(['ready', 'ready', 'ready']);
    await clock.advance(999);
    expect(await health.ready()).toMatchObject({ status: 'ready' });
    expect(checks()).toBe(1);
    await clock.advance(1);
    const next = health.ready();
    answer();
    await next;
    expect(checks()).toBe(2);
  });

  it.each<[ReadinessStatus, ReadinessStatus[]]>([
    ['ready', []],
    ['ready', ['ready', 'ready']],
    ['degraded', ['ready', 'degraded']],
    ['unreachable', ['unreachable', 'degraded']],
    ['draining', ['draining', 'unreachable', 'ready']],
  ])('is %s when its pools are %j', async (status, pools) => {
    const { health, answer } = counted(...pools);
    const readiness = health.ready();
    answer();
    expect((await readiness).status).toBe(status);
  });

  it('is draining from when somebody says so, whatever was found before', async () => {
    const { health, answer } = counted('ready');
    const before = health.ready();
    answer();
    await before;
    health.drain();
    expect(await health.ready()).toMatchObject({ status: 'draining', pools: [{ status: 'ready' }] });
  });

  it('is asked again after a check that broke', async () => {
    const { clock } = makePool();
    let times = 0;
    const broken = {
      name: 'broken',
      checkHealth: () => {
        times += 1;
        return Promise.reject(new Error('a pool of somebody else’s'));
      },
    };
    const health = new DatabaseHealth(broken, { clock });
    const answers = [watch(health.ready())];
    await settle();
    answers.push(watch(health.ready()));
    await settle();
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(times).toBe(2);
  });

  it.each([{ timeoutMs: 0 }, { timeoutMs: Infinity }, { maxAgeMs: -1 }, { maxAgeMs: NaN }])(
    'refuses %o',
    (options) => {
      expect(() => new DatabaseHealth([], options)).toThrow(/LG_INVALID_OPTION|milliseconds/);
    },
  );
});
