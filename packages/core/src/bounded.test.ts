import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from 'vitest';
import { BoundedRunner } from './bounded.ts';
import { ManualClock, settle } from './testing/index.ts';
import { TimerWheel } from './timer-wheel.ts';

function makeRunner() {
  const clock = new ManualClock();
  const wheel = new TimerWheel(clock);
  const runner = new BoundedRunner(clock, wheel);
  const heard: unknown[] = [];
  const outcome = {
    onDone: (value: unknown) => void heard.push(['done', value]),
    onFailed: (error: unknown) => void heard.push(['failed', String(error)]),
  };
  return { clock, wheel, runner, heard, outcome };
}

describe('a bounded piece of work', () => {
  it('reports what it made, and takes its deadline with it', async () => {
    const { clock, wheel, runner, heard, outcome } = makeRunner();
    await expect(runner.run('work', 100, () => Promise.resolve(7), outcome)).resolves.toBe(7);
    await settle();
    expect(wheel.size).toBe(0);
    await clock.advance(200);
    expect(heard).toEqual([['done', 7]]);
  });

  it.each([
    ['rejects', () => Promise.reject(new Error('no'))],
    [
      'throws at once',
      () => {
        throw new Error('no');
      },
    ],
  ])('that %s has failed', async (_, work) => {
    const { runner, heard, outcome } = makeRunner();
    await expect(runner.run('work', 100, work, outcome)).rejects.toThrow('no');
    await settle();
    expect(heard).toEqual([['failed', 'Error: no']]);
  });

  it('that is not over in time has failed, and what it makes later is returned but not reported', async () => {
    const { clock, runner, heard, outcome } = makeRunner();
    const { promise, resolve } = Promise.withResolvers<string>();
    const work = runner.run('the ping', 100, () => promise, outcome);
    await clock.advance(100);
    expect(heard).toEqual([['failed', 'Error: the ping took longer than 100 ms']]);
    resolve('late');
    await expect(work).resolves.toBe('late');
    expect(heard).toHaveLength(1);
  });

  it('without a limit sets no deadline', async () => {
    const { wheel, runner, outcome } = makeRunner();
    const { promise, resolve } = Promise.withResolvers<void>();
    const work = runner.run('work', Infinity, () => promise, outcome);
    expect(wheel.size).toBe(0);
    resolve();
    await work;
  });

  it('runs outside of the async context of whoever set it off', async () => {
    const { runner, outcome } = makeRunner();
    const store = new AsyncLocalStorage<string>();
    await store.run('request', () =>
      runner.run('work', 100, async () => expect(store.getStore()).toBeUndefined(), outcome),
    );
  });
});
