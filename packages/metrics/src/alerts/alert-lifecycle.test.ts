import { describe, expect, it } from 'vitest';
import { watchWorld } from '../../test/alert-world.ts';
import { FakePool, holder } from '../../test/fake-pool.ts';
import type { Alert } from './alert.ts';
import { alertText } from './alert-text.ts';

const SECOND = 1_000;
const MINUTE = 60_000;

describe('an alert', () => {
  it('begins when its condition was so for the time that the rule says, and is told once', async () => {
    const { clock, pool, lines } = watchWorld();
    pool.show({ used: 9 });
    await clock.advance(115 * SECOND);
    expect(lines()).toEqual([]);
    await clock.advance(10 * SECOND);
    expect(lines()).toEqual(['firing usage-high/main']);
    await clock.advance(30 * MINUTE);
    expect(lines()).toHaveLength(1);
  });

  it('says what, since when, who holds most, and what to do', async () => {
    const { clock, pool, heard } = watchWorld();
    pool.show({ used: 9, pending: 0, idle: 1 });
    pool.holders = [holder({ count: 2, label: 'nightly' }), holder()];
    await clock.advance(125 * SECOND);
    const alert = heard[0]?.notification as Alert;
    expect(JSON.parse(JSON.stringify(alert))).toEqual(alert);
    expect(alert).toMatchObject({
      schemaVersion: 1,
      severity: 'warning',
      value: 0.9,
      above: 0.8,
      lastedMs: 120_000,
      pool: 'main',
      holder: { place: 'src/orders.ts:42 createOrder', count: 6, maxHeldMs: 41_000 },
    });
    expect(alertText(alert).split('\n')).toEqual([
      'LG_ALERT: warning usage-high of pool "main" fires: 9 of 10 connections are in use (90 %)',
      `  since     ${alert.since}, for 2m`,
      '  evidence  1 are idle, 0 callers wait',
      '  held by   src/orders.ts:42 createOrder (6 connections, for up to 41s)',
      '  fix       see who holds longest; where all of them work, the pool is smaller than its load: lifeguard size says what it wants',
      '  more      docs/alerts.md#usage-high',
    ]);
  });

  it('is over when it was calm for a minute, and not when it is only a little better', async () => {
    const { clock, pool, lines } = watchWorld();
    pool.show({ used: 9 });
    await clock.advance(10 * MINUTE);
    pool.show({ used: 8 });
    await clock.advance(10 * MINUTE);
    expect(lines()).toEqual(['firing usage-high/main']);
    pool.show({ used: 7 });
    await clock.advance(60 * SECOND);
    expect(lines()).toHaveLength(1);
    await clock.advance(10 * SECOND);
    expect(lines()).toEqual(['firing usage-high/main', 'resolved usage-high/main']);
  });

  it('does not begin when its condition stops before its time, however often', async () => {
    const { clock, pool, lines } = watchWorld();
    for (let round = 0; round < 20; round += 1) {
      pool.show({ used: 10 });
      await clock.advance(100 * SECOND);
      pool.show({ used: 8 });
      await clock.advance(10 * SECOND);
    }
    expect(lines()).toEqual([]);
  });

  it('is told again once an hour while it goes on', async () => {
    const { clock, pool, lines } = watchWorld();
    pool.show({ used: 10 });
    await clock.advance(125 * MINUTE);
    expect(lines()).toEqual([
      'firing usage-high/main',
      'reminder usage-high/main',
      'reminder usage-high/main',
    ]);
  });

  it('that comes and goes is told no more often than every five minutes', async () => {
    const { clock, pool, heard } = watchWorld();
    for (let round = 0; round < 40; round += 1) {
      pool.show({ suspected: round % 2 === 0 ? 9 : 0 });
      await clock.advance(70 * SECOND);
    }
    const times = heard.map(({ at }) => at);
    for (const [index, at] of times.slice(1).entries())
      expect(at - (times[index] as number)).toBeGreaterThanOrEqual(5 * MINUTE);
    expect(times.length).toBeGreaterThan(5);
  });

  it('is not told at all when it is over before it may be', async () => {
    const { clock, pool, lines } = watchWorld();
    pool.show({ suspected: 9 });
    await clock.advance(10 * SECOND);
    pool.show({ suspected: 0 });
    await clock.advance(6 * MINUTE);
    pool.show({ suspected: 9 });
    await clock.advance(10 * SECOND);
    pool.show({ suspected: 0 });
    await clock.advance(2 * MINUTE);
    expect(lines()).toEqual(['firing leaks/main', 'resolved leaks/main']);
    await clock.advance(20 * MINUTE);
    expect(lines()).toHaveLength(2);
  });

  it('is told to be over also when it nearly began again before that could be told', async () => {
    const { clock, pool, lines } = watchWorld({ quietMs: 10 * MINUTE });
    pool.show({ used: 10 });
    await clock.advance(125 * SECOND);
    pool.show({ used: 0 });
    await clock.advance(2 * MINUTE);
    pool.show({ used: 10 });
    await clock.advance(MINUTE);
    pool.show({ used: 0 });
    await clock.advance(20 * MINUTE);
    expect(lines()).toEqual(['firing usage-high/main', 'resolved usage-high/main']);
  });

  it('of a pool that is closed is over', async () => {
    const { clock, pool, heard, lines } = watchWorld();
    pool.show({ suspected: 9 });
    await clock.advance(10 * MINUTE);
    pool.show({ state: 'closed' });
    await clock.advance(5 * SECOND);
    expect(lines()).toEqual(['firing leaks/main', 'resolved leaks/main']);
    expect(heard[1]?.notification.summary).toBe('pool "main" is not there any more');
  });
});

describe('time that nobody had', () => {
  it('is not counted: a machine that slept has not seen two minutes of usage', async () => {
    const { clock, pool, lines } = watchWorld();
    pool.show({ used: 10 });
    await clock.advance(60 * SECOND);
    clock.suspend(3_600_000);
    await clock.advance(90 * SECOND);
    expect(lines()).toEqual([]);
    await clock.advance(40 * SECOND);
    expect(lines()).toEqual(['firing usage-high/main']);
  });

  it('is not counted: a loop that was blocked gives no more than one look', async () => {
    const { clock, pool, lines } = watchWorld();
    pool.show({ used: 10 });
    await clock.advance(30 * SECOND);
    await clock.stall(180 * SECOND);
    await clock.advance(100 * SECOND);
    expect(lines()).toEqual([]);
  });

  it('is not counted: a process that is always late needs as many looks as one that is not', async () => {
    const { clock, pool, lines } = watchWorld();
    pool.show({ used: 10 });
    for (let late = 0; late < 2 * 23; late += 1) await clock.stall(4.9 * SECOND);
    expect(lines()).toEqual([]);
    for (let late = 0; late < 2 * 2; late += 1) await clock.stall(4.9 * SECOND);
    expect(lines()).toEqual(['firing usage-high/main']);
  });

  it('leaves out what was counted meanwhile', async () => {
    const { clock, pool, lines } = watchWorld();
    await clock.advance(30 * SECOND);
    await clock.stall(60 * SECOND, () => pool.count({ timeouts: 50 }));
    await clock.advance(30 * SECOND);
    expect(lines()).toEqual([]);
    pool.count({ timeouts: 1 });
    await clock.advance(10 * SECOND);
    expect(lines()).toEqual(['firing acquire-timeouts/main']);
  });

  it('lets in what has arrived before it looks', async () => {
    const { clock, pool, lines } = watchWorld({ rules: { 'usage-high': { forMs: 0 } } });
    await clock.stall(7 * SECOND, () => pool.show({ used: 1 }));
    pool.show({ used: 10 });
    await clock.stall(7 * SECOND, () => pool.show({ used: 1 }));
    expect(lines()).toEqual([]);
  });
});

describe('a storm', () => {
  const pools = Array.from({ length: 40 }, (_, index) => new FakePool(`tenant-${index}`));
  const all = (shown: Parameters<FakePool['show']>[0]): void => {
    for (const pool of pools) pool.show(shown);
  };

  it('of forty pools that fail in three ways comes as twenty notifications, the critical first', async () => {
    const { clock, lines, heard } = watchWorld({ pools });
    all({ used: 10, pending: 9, suspected: 9 });
    for (const pool of pools) pool.count({ timeouts: 1 });
    await clock.advance(5 * SECOND);
    expect(lines()).toHaveLength(20);
    expect(
      lines()
        .slice(0, 19)
        .every((line) => line.startsWith('firing acquire-timeouts/')),
    ).toBe(true);
    expect(lines()[19]).toBe('and 61 more: 21× acquire-timeouts firing, 40× leaks firing');
    expect(heard[19]?.notification).toMatchObject({ count: 61, severity: 'critical' });
    expect(heard[19]?.notification).toHaveProperty('alerts.length', 50);
    await clock.advance(54 * SECOND);
    expect(lines()).toHaveLength(20);
    await clock.advance(10 * SECOND);
    expect(lines().slice(20)).toHaveLength(20);
    expect(lines()[39]).toBe('and 21 more: 21× saturated firing');
    all({ used: 0, pending: 0, suspected: 0 });
    await clock.advance(20 * MINUTE);
    expect(lines().length).toBeLessThan(160);
    expect(lines().at(-1)).not.toContain('firing');
  });

  it('of which only one may be told is told as one', async () => {
    const { clock, lines } = watchWorld({ pools, maxPerMinute: 1 });
    all({ suspected: 9 });
    await clock.advance(50 * SECOND);
    expect(lines()).toEqual(['and 40 more: 40× leaks firing']);
    all({ suspected: 0 });
    await clock.advance(10 * MINUTE);
    expect(lines()).toEqual(['and 40 more: 40× leaks firing', 'and 40 more: 40× leaks resolved']);
  });
});
