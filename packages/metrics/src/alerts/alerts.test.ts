import { describe, expect, it } from 'vitest';
import { Pool } from '@lifeguard/core';
import { announcePool } from '@lifeguard/core/adapter';
import { FakeConnector, ManualClock } from '@lifeguard/core/testing';
import { watchWorld } from '../../test/alert-world.ts';
import { FakePool } from '../../test/fake-pool.ts';
import { watchAlerts } from './alerts.ts';

const SECOND = 1_000;
const MINUTE = 60_000;

describe('alerts', () => {
  it('look at every live pool of the process unless they are told which', async () => {
    const clock = new ManualClock();
    const { lines } = watchWorld({ pools: undefined as never }, clock);
    const one = new FakePool('orders');
    const withdraw = announcePool(one);
    one.show({ suspected: 9 });
    await clock.advance(5 * SECOND);
    withdraw();
    await clock.advance(10 * MINUTE);
    expect(lines()).toEqual(['firing leaks/orders', 'resolved leaks/orders']);
  });

  it('tell pools of the same name apart, and give a name away again', async () => {
    let pools = [new FakePool(), new FakePool()];
    const { clock, lines } = watchWorld({ pools: () => pools });
    for (const pool of pools) pool.show({ suspected: 9 });
    await clock.advance(5 * SECOND);
    expect(lines()).toEqual(['firing leaks/main', 'firing leaks/main-2']);
    pools = [];
    await clock.advance(10 * MINUTE);
    pools = [new FakePool()];
    pools[0]?.show({ suspected: 9 });
    await clock.advance(10 * SECOND);
    expect(lines().slice(4)).toEqual(['firing leaks/main']);
  });

  it('leave rules out that are switched off, and take other limits', async () => {
    const { clock, pool, lines } = watchWorld({
      rules: {
        leaks: false,
        'usage-high': { above: 0.5, forMs: 10 * SECOND },
        saturated: undefined as never,
      },
    });
    pool.show({ used: 6, suspected: 9 });
    await clock.advance(15 * SECOND);
    expect(lines()).toEqual(['firing usage-high/main']);
    pool.show({ used: 5 });
    await clock.advance(10 * MINUTE);
    expect(lines()).toHaveLength(1);
    pool.show({ used: 4 });
    await clock.advance(2 * MINUTE);
    expect(lines()).toHaveLength(2);
  });

  it('show what fires now', async () => {
    const { alerts, clock, pool } = watchWorld();
    expect(alerts.firing).toEqual([]);
    pool.show({ suspected: 9 });
    await clock.advance(5 * SECOND);
    expect(alerts.firing).toMatchObject([{ id: 'leaks/main', status: 'firing' }]);
  });

  it('are quiet of what is silenced, and tell it when it still fires then', async () => {
    const { alerts, clock, pool, lines } = watchWorld();
    alerts.silence({ rule: 'leaks', pool: 'main', forMs: 10 * MINUTE });
    const end = alerts.silence({ rule: 'acquire-timeouts', forMs: 60 * MINUTE });
    pool.show({ suspected: 9 });
    pool.count({ timeouts: 1 });
    await clock.advance(9 * MINUTE);
    expect(lines()).toEqual([]);
    expect(alerts.firing).toHaveLength(1);
    pool.count({ timeouts: 1 });
    end();
    await clock.advance(2 * MINUTE);
    expect(lines()).toEqual(['firing acquire-timeouts/main', 'firing leaks/main']);
  });

  it('do not pile up, do not keep the process alive, and end when they are told to', async () => {
    const { alerts, clock, pool } = watchWorld();
    await clock.stall(60 * SECOND);
    const looks = pool.glances;
    expect(looks).toBe(2);
    expect([clock.pendingTimers, clock.keepAliveTimers]).toEqual([1, 0]);
    alerts[Symbol.dispose]();
    alerts.stop();
    await clock.advance(MINUTE);
    expect(pool.glances).toBe(looks);
    expect(clock.pendingTimers).toBe(0);
  });

  it('look at no snapshot before there is something to tell, since stacks are read for it', async () => {
    const { clock, pool } = watchWorld();
    pool.show({ used: 10 });
    await clock.advance(110 * SECOND);
    expect(pool.snapshots).toBe(0);
    await clock.advance(60 * MINUTE);
    expect(pool.snapshots).toBe(1);
  });

  it('refuse to silence what there is not', () => {
    const { alerts } = watchWorld();
    for (const silence of [{ rule: 'leak', forMs: 1 }, { pol: 'main', forMs: 1 }, { forMs: NaN }, {}])
      expect(() => alerts.silence(silence as never)).toThrow(
        expect.objectContaining({ code: 'LG_INVALID_OPTION' }),
      );
  });

  it('tell nobody before they are made, and may be stopped by whoever is told', async () => {
    const pool = new FakePool();
    pool.show({ suspected: 9 });
    const clock = new ManualClock();
    const told: unknown[] = [];
    const alerts = watchAlerts({
      pools: [pool],
      clock,
      onAlert: (alert) => {
        told.push(alert);
        alerts.stop();
      },
    });
    expect(told).toEqual([]);
    await clock.advance(5 * SECOND);
    expect(told).toHaveLength(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it('are not made where they are not enabled', async () => {
    const { clock, pool } = watchWorld({ enabled: false });
    await clock.advance(MINUTE);
    expect([pool.glances, clock.pendingTimers]).toEqual([0, 0]);
  });

  it('go to the log where nobody else is named', async () => {
    const { clock, pool, logged } = watchWorld({ onAlert: undefined as never });
    pool.show({ suspected: 9 });
    pool.count({ timeouts: 1 });
    await clock.advance(5 * SECOND);
    expect(logged.map((text) => text.split('\n')[0])).toEqual([
      'error LG_ALERT: critical acquire-timeouts of pool "main" fires: 1 callers got no connection in time in the last 5s',
      'warn LG_ALERT: warning leaks of pool "main" fires: 9 of 0 leases are suspected of being leaked',
    ]);
  });

  it.each([
    ['intervalMs', { intervalMs: 10 }],
    ['remindMs', { remindMs: NaN }],
    ['onAlerts', { onAlerts: () => undefined }],
    ['onAlert', { onAlert: 'me' }],
    ['rules.usage', { rules: { usage: false } }],
    ['rules.usage-high.above', { rules: { 'usage-high': { above: -1 } } }],
    ['rules.usage-high.abov', { rules: { 'usage-high': { abov: 1 } } }],
    ['rules.leaks', { rules: { leaks: true } }],
    ['enabled', { enabled: 'false' }],
    ['pools', { pools: 5 }],
    ['sinks', { sinks: [() => undefined] }],
    ['webhook.url', { webhook: { url: '' } }],
  ])('refuse a wrong option: %s', (option, options) => {
    expect(() => watchAlerts(options as never)).toThrow(
      expect.objectContaining({ code: 'LG_INVALID_OPTION', option }),
    );
  });
});

describe('what belongs to others', () => {
  it('may throw or reject: it is logged once a minute and breaks nothing', async () => {
    const broken = Array.from({ length: 5 }, (_, index) => new FakePool(`p${index}`));
    let told = 0;
    const { clock, logged } = watchWorld({
      pools: broken,
      onAlert: () => {
        told += 1;
        if (told % 2 === 0) throw new Error('out of order');
        return Promise.reject(new Error('also out of order'));
      },
    });
    for (const pool of broken) pool.show({ suspected: 9 });
    await clock.advance(5 * SECOND);
    expect(told).toBe(5);
    expect(logged).toEqual(['warn LG_LISTENER_FAILED: sink 1 of the alerts failed: out of order']);
  });

  it('does not keep a sink from being told when the one before it throws', async () => {
    const told: unknown[] = [];
    const bad = {
      send: () => {
        throw new Error('no');
      },
    };
    const { clock, pool } = watchWorld({ sinks: [bad, { send: (alert) => told.push(alert) }] });
    pool.show({ suspected: 9 });
    await clock.advance(5 * SECOND);
    expect(told).toHaveLength(1);
  });

  it('is left out for now when a pool cannot be looked at', async () => {
    const good = new FakePool('good');
    const bad = new FakePool('bad');
    bad.glance = () => {
      throw new Error('gone wrong');
    };
    const { clock, lines, logged } = watchWorld({ pools: [bad, good] });
    good.show({ suspected: 9 });
    await clock.advance(30 * SECOND);
    expect(lines()).toEqual(['firing leaks/good']);
    expect(logged).toEqual([
      'warn LG_LISTENER_FAILED: a look at pool "bad" of the alerts failed: gone wrong',
    ]);
  });

  it('is waited for at a flush, which never rejects', async () => {
    const { alerts } = watchWorld({
      sinks: [
        { send: () => undefined, flush: () => Promise.resolve(2) },
        { send: () => undefined, flush: () => Promise.reject(new Error('no')) },
        { send: () => undefined },
      ],
    });
    expect(await alerts.flush(1_000)).toBe(2);
  });
});

describe('orphans', () => {
  it('are asked for once a minute, and told when there are some for a minute', async () => {
    let asked = 0;
    const { clock, heard } = watchWorld({
      orphans: () => {
        asked += 1;
        return Promise.resolve(3);
      },
    });
    await clock.advance(130 * SECOND);
    expect(asked).toBe(3);
    expect(heard).toMatchObject([
      { notification: { id: 'orphans', pool: null, status: 'firing', value: 3 } },
    ]);
  });

  it('are not asked for again while no answer has come, and nothing is concluded', async () => {
    let asked = 0;
    const { clock, heard, logged } = watchWorld({
      orphans: () => {
        asked += 1;
        return new Promise(() => undefined);
      },
    });
    await clock.advance(10 * MINUTE);
    expect([asked, heard]).toEqual([1, []]);
    expect(logged).toEqual([
      'warn LG_LISTENER_FAILED: "orphans" of the alerts failed: no answer within 30000 ms',
    ]);
  });

  it('stay what they were while the server cannot be asked', async () => {
    let answer: () => Promise<number> = () => Promise.resolve(3);
    const { alerts, clock, lines } = watchWorld({ orphans: () => answer() });
    await clock.advance(10 * MINUTE);
    answer = () => Promise.reject(new Error('down'));
    await clock.advance(30 * MINUTE);
    expect(alerts.firing).toMatchObject([{ summary: expect.stringContaining('3 backends on the server') }]);
    answer = () => Promise.resolve(0);
    await clock.advance(10 * MINUTE);
    expect(lines()).toEqual(['firing orphans', 'resolved orphans']);
  });
});

describe('a real pool', () => {
  it('that is used up and lets callers wait in vain is told of, with the place that holds it', async () => {
    const clock = new ManualClock();
    const pool = new Pool(new FakeConnector(), {
      size: 2,
      maxOverflow: 0,
      clock,
      acquireTimeoutMs: 10 * SECOND,
      leakThresholdMs: 60 * MINUTE,
    });
    const { lines, heard } = watchWorld({ pools: [pool] }, clock);
    const leases = await Promise.all([pool.acquire({ label: 'import' }), pool.acquire({ label: 'import' })]);
    const late: Promise<unknown>[] = [];
    for (let round = 0; round < 20; round += 1) {
      late.push(pool.acquire().catch((error: unknown) => error));
      await clock.advance(7 * SECOND);
    }
    await clock.advance(10 * SECOND);
    for (const each of late) expect(await each).toMatchObject({ code: 'LG_ACQUIRE_TIMEOUT' });
    expect(lines()).toEqual([
      'firing acquire-timeouts/main',
      'firing wait-high/main',
      'firing saturated/main',
      'firing usage-high/main',
    ]);
    expect(heard[0]?.notification).toMatchObject({ holder: { place: 'import', count: 2 } });
    for (const lease of leases) lease.release();
    await clock.advance(10 * MINUTE);
    expect(lines().slice(4).toSorted()).toEqual([
      'resolved acquire-timeouts/main',
      'resolved saturated/main',
      'resolved usage-high/main',
      'resolved wait-high/main',
    ]);
    await pool.close();
  });
});
