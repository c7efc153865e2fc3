import { describe, expect, it } from 'vitest';
import { AcquireQueue } from './acquire-queue.ts';
import { noOrigin } from '../test/origin.ts';
import { ManualClock, settle } from './testing/index.ts';
import { TimerWheel } from './timer-wheel.ts';
import type { Waiter } from './waiter.ts';

interface FakeLease {
  readonly of: string | undefined;
}

function makeQueue() {
  const clock = new ManualClock();
  const wheel = new TimerWheel(clock);
  const heard: string[] = [];
  const nameOf = (waiter: Waiter<FakeLease>): string => String(waiter.origin.label);
  const queue: AcquireQueue<FakeLease> = new AcquireQueue<FakeLease>(clock, wheel, {
    onLength: (length) => expect(length).toBe([...queue].length),
    onDeadline: (waiter) => {
      heard.push(`deadline ${nameOf(waiter)}`);
      queue.turnAway(waiter, new Error('late'));
    },
    onAbort: (waiter, reason) => {
      heard.push(`abort ${nameOf(waiter)} ${String(reason)}`);
      queue.turnAway(waiter, reason);
    },
  });
  const enqueue = (label: string, timeoutMs = Infinity, signals?: AbortSignal[]): void => {
    const origin = noOrigin({ label });
    const enqueuedAt = clock.now();
    const waiter = queue.enqueue({ origin, enqueuedAt, timeoutMs, signals });
    waiter.wait().then(
      (lease) => heard.push(`granted lease of ${lease.of}`),
      (error: unknown) => heard.push(`rejected ${label} ${String(error)}`),
    );
  };
  return { clock, wheel, heard, queue, enqueue };
}

function grantNext(queue: AcquireQueue<FakeLease>): void {
  const waiter = queue.take();
  waiter.grant({ of: waiter.origin.label });
}

describe('the queue of callers', () => {
  it('serves its head', async () => {
    const { queue, heard, enqueue } = makeQueue();
    enqueue('a');
    enqueue('b');
    expect([queue.length, queue.head?.origin.label]).toEqual([2, 'a']);
    grantNext(queue);
    expect([...queue].map((waiter) => waiter.origin.label)).toEqual(['b']);
    await settle();
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
    grantNext(queue);
    await clock.advance(100);
    expect(heard).toEqual(['granted lease of served', 'deadline late', 'rejected late Error: late']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('counts the time of a caller from the end of the turn, and has no timer for one who is served within it', async () => {
    const { clock, queue, heard, enqueue } = makeQueue();
    for (const label of ['served', 'left', 'late']) enqueue(label, 20);
    grantNext(queue);
    queue.turnAway(queue.head as Waiter<FakeLease>, 'early');
    expect(clock.pendingTimers).toBe(0);
    await settle();
    expect(clock.pendingTimers).toBe(1);
    enqueue('of the next turn', 30);
    grantNext(queue);
    await clock.advance(19);
    expect(heard).toEqual(['granted lease of served', 'rejected left early', 'granted lease of late']);
    await clock.advance(100);
    expect(heard.slice(3)).toEqual(['deadline of the next turn', 'rejected of the next turn Error: late']);
  });

  it('tells of the first signal that aborts, and stops listening to all', async () => {
    const { queue, heard, enqueue } = makeQueue();
    const [one, two] = [new AbortController(), new AbortController()];
    enqueue('a', Infinity, [one.signal, two.signal]);
    two.abort('enough');
    one.abort('too late');
    await settle();
    expect(heard).toEqual(['abort a enough', 'rejected a enough']);
    expect(queue.length).toBe(0);
  });

  it('turns everybody away in order, and nobody twice', async () => {
    const { queue, wheel, heard, enqueue } = makeQueue();
    enqueue('a', 50);
    enqueue('b', 50);
    const { head } = queue;
    expect(queue.turnAllAway((waiter) => `closed for ${waiter.origin.label}`)).toBe(2);
    expect(() => queue.turnAway(head as Waiter<FakeLease>, 'again')).toThrow('a waiter left the queue twice');
    await settle();
    expect(heard).toEqual(['rejected a closed for a', 'rejected b closed for b']);
    expect(wheel.size).toBe(0);
  });
});
