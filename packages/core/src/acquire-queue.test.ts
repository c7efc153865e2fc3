import { describe, expect, it } from 'vitest';
import { AcquireQueue } from './acquire-queue.ts';
import type { Waiter } from './acquire-queue.ts';
import { ManualClock } from './testing/index.ts';
import { TimerWheel } from './timer-wheel.ts';

function makeQueue() {
  const clock = new ManualClock();
  const wheel = new TimerWheel(clock);
  const heard: string[] = [];
  const nameOf = (waiter: Waiter<string>): string => String(waiter.parts.origin.label);
  const queue: AcquireQueue<string> = new AcquireQueue<string>(wheel, {
    onDeadline: (waiter) => {
      heard.push(`deadline ${nameOf(waiter)}`);
      queue.turnAway(waiter, new Error('late'));
    },
    onAbort: (waiter, reason) => {
      heard.push(`abort ${nameOf(waiter)} ${String(reason)}`);
      queue.turnAway(waiter, reason);
    },
  });
  const enqueue = (label: string, timeoutMs = Infinity, signals: AbortSignal[] = []): void => {
    const origin = { session: undefined, stack: undefined, label };
    const resolve = (lease: string): void => void heard.push(`granted ${lease}`);
    const reject = (error: unknown): void => void heard.push(`rejected ${label} ${String(error)}`);
    const enqueuedAt = clock.now();
    queue.enqueue({ origin, enqueuedAt, timeoutMs, signals, resolve, reject }, enqueuedAt + timeoutMs);
  };
  return { clock, wheel, heard, queue, enqueue };
}

describe('the queue of callers', () => {
  it('serves its head', () => {
    const { queue, heard, enqueue } = makeQueue();
    enqueue('a');
    enqueue('b');
    expect([queue.length, queue.head?.parts.origin.label]).toEqual([2, 'a']);
    queue.grantNext(({ origin }) => `lease of ${origin.label}`);
    expect([...queue].map((waiter) => waiter.parts.origin.label)).toEqual(['b']);
    expect(heard).toEqual(['granted lease of a']);
  });

  it('has nobody to serve when it is empty', () => {
    const { queue, heard } = makeQueue();
    expect([queue.head, queue.turnAllAway(() => 0), heard]).toEqual([undefined, 0, []]);
  });

  it('tells of a deadline once, and not of those who have left', async () => {
    const { clock, queue, heard, enqueue } = makeQueue();
    enqueue('served', 10);
    enqueue('late', 20);
    queue.grantNext(() => 'lease');
    await clock.advance(100);
    expect(heard).toEqual(['granted lease', 'deadline late', 'rejected late Error: late']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('tells of the first signal that aborts, and stops listening to all', () => {
    const { queue, heard, enqueue } = makeQueue();
    const [one, two] = [new AbortController(), new AbortController()];
    enqueue('a', Infinity, [one.signal, two.signal]);
    two.abort('enough');
    one.abort('too late');
    expect(heard).toEqual(['abort a enough', 'rejected a enough']);
    expect(queue.length).toBe(0);
  });

  it('turns everybody away in order, and nobody twice', () => {
    const { queue, wheel, heard, enqueue } = makeQueue();
    enqueue('a', 50);
    enqueue('b', 50);
    const { head } = queue;
    expect(queue.turnAllAway((waiter) => `closed for ${waiter.parts.origin.label}`)).toBe(2);
    expect(() => queue.turnAway(head as Waiter<string>, 'again')).toThrow('a waiter left the queue twice');
    expect(heard).toEqual(['rejected a closed for a', 'rejected b closed for b']);
    expect(wheel.size).toBe(0);
  });
});
