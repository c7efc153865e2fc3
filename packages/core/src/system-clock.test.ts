import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from 'vitest';
import { SystemClock, systemClock } from './system-clock.ts';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

describe('the clock of the process', () => {
  it('goes forward', async () => {
    const before = systemClock.now();
    await nextTurn();
    expect(systemClock.now()).toBeGreaterThan(before);
    expect(Math.abs(systemClock.wallTime() - Date.now())).toBeLessThan(1_000);
  });

  it('shows one coarse time during a turn, and a later one in a later turn', async () => {
    const clock = new SystemClock();
    const before = clock.coarseNow();
    const until = clock.now() + 2;
    while (clock.now() < until);
    expect(clock.coarseNow()).toBe(before);
    await nextTurn();
    expect(clock.coarseNow()).toBeGreaterThanOrEqual(until);
    expect(clock.coarseNow()).toBeLessThanOrEqual(clock.now());
  });

  it('tells once of the end of a turn: after all promise reactions, before timers', async () => {
    const clock = new SystemClock();
    const heard: string[] = [];
    await new Promise<void>((resolve) => {
      setImmediate(() => {
        clock.setTimer(0, () => heard.push('timer'), { keepAlive: true });
        clock.atTurnEnd(() => heard.push('turn end'));
        clock.atTurnEnd(() => {
          heard.push('again');
          clock.atTurnEnd(resolve);
        });
        void Promise.resolve()
          .then(() => undefined)
          .then(() => heard.push('reaction'));
      });
    });
    expect(heard.filter((each) => each !== 'timer')).toEqual(['reaction', 'turn end', 'again']);
    expect(heard[0]).toBe('reaction');
  });

  it('fires a timer once, after its time', async () => {
    const startedAt = systemClock.now();
    const firedAt = await new Promise<number>((resolve) =>
      systemClock.setTimer(5, () => resolve(systemClock.now()), { keepAlive: true }),
    );
    expect(firedAt - startedAt).toBeGreaterThan(4);
  });

  it('does not fire a timer that was cancelled', async () => {
    let fired = false;
    const timer = systemClock.setTimer(0, () => (fired = true));
    timer.cancel();
    timer.cancel();
    await new Promise<void>((resolve) => systemClock.setTimer(2, resolve, { keepAlive: true }));
    expect(fired).toBe(false);
  });

  it('keeps the process alive only for timers that ask for it', () => {
    const alive = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = alive();
    const idle = systemClock.setTimer(60_000, () => undefined);
    expect(alive()).toBe(before);
    const busy = systemClock.setTimer(60_000, () => undefined, { keepAlive: true });
    expect(alive()).toBe(before + 1);
    idle.cancel();
    busy.cancel();
  });

  it('waits with a delay that Node cannot count, and does not fire at once', async () => {
    let fired = false;
    const timers = [Infinity, 2 ** 40].map((delayMs) => systemClock.setTimer(delayMs, () => (fired = true)));
    await new Promise<void>((resolve) => systemClock.setTimer(5, resolve, { keepAlive: true }));
    for (const timer of timers) timer.cancel();
    expect(fired).toBe(false);
  });

  it('calls back outside of the caller’s async context', async () => {
    const store = new AsyncLocalStorage<string>();
    const seen = await store.run('request', () =>
      Promise.all([
        new Promise((resolve) =>
          systemClock.setTimer(0, () => resolve(store.getStore()), { keepAlive: true }),
        ),
        new Promise((resolve) => systemClock.afterPendingIo(() => resolve(store.getStore()))),
      ]),
    );
    expect(seen).toEqual([undefined, undefined]);
  });

  it('lets what has arrived be delivered before it calls back', async () => {
    const heard: string[] = [];
    const done = new Promise<void>((resolve) => {
      systemClock.afterPendingIo(() => {
        heard.push('judge');
        resolve();
      });
    });
    setImmediate(() => heard.push('answer'));
    await done;
    expect(heard).toEqual(['answer', 'judge']);
  });
});
