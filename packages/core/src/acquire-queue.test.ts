import { describe, expect, it } from 'vitest';
import { AcquireQueue } from './acquire-queue.ts';
import { FIFO } from './queue-policy.ts';
import type { QueuePolicy } from './queue-policy.ts';
import { noOrigin } from '../test/origin.ts';
import { ManualClock, settle } from './testing/index.ts';
import { TimerWheel } from './timer-wheel.ts';
import type { Waiter } from './waiter.ts';

interface FakeLease {
  readonly of: string | undefined;
}

function makeQueue(policy: QueuePolicy = FIFO) {
  const clock = new ManualClock();
  const wheel = new TimerWheel(clock);
  const heard: string[] = [];
  const nameOf = (waiter: Waiter<FakeLease>): string => String(waiter.origin.label);
  const queue: AcquireQueue<FakeLease> = new AcquireQueue<FakeLease>({
    clock,
    wheel,
    policy,
    shares: { ordinaryMax: Infinity, weights: {}, leased: () => 0 },
    listener: {
      onLength: (length) => expect(length).toBe([...queue].length),
      onDeadline: (waiter) => {
        heard.push(`deadline ${nameOf(waiter)}`);
        queue.turnAway(waiter, new Error('late'));
      },
      onAbort: (waiter, reason) => {
        heard.push(`abort ${nameOf(waiter)} ${String(reason)}`);
        queue.turnAway(waiter, reason);
      },
      onHopeless: (waiter) => {
        heard.push(`hopeless ${nameOf(waiter)}`);
        queue.turnAway(waiter, new Error('hopeless'));
      },
    },
  });
  const enqueue = (label: string, timeoutMs = Infinity, signals?: AbortSignal[]): void => {
    const origin = noOrigin({ label });
    const enqueuedAt = clock.now();
    const taker = { granted: ({ of }: FakeLease) => `lease of ${of}` };
    const request = { origin, enqueuedAt, timeoutMs, signals, taker };
    const waiter = queue.enqueue(request, queue.line('normal', undefined));
    waiter.wait().then(
      (given) => heard.push(`granted ${String(given)}`),
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
    expect([queue.length, queue.oldest?.origin.label]).toEqual([2, 'a']);
    grantNext(queue);
    expect([...queue].map((waiter) => waiter.origin.label)).toEqual(['b']);
    await settle();
    expect(heard).toEqual(['granted lease of a']);
  });

  it('has nobody to serve when it is empty', () => {
    const { queue, heard } = makeQueue();
    expect([queue.oldest, queue.turnAllAway(() => 0), heard]).toEqual([undefined, 0, []]);
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
    queue.turnAway(queue.oldest as Waiter<FakeLease>, 'early');
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
    const { oldest } = queue;
    expect(queue.turnAllAway((waiter) => `closed for ${waiter.origin.label}`)).toBe(2);
    expect(() => queue.turnAway(oldest as Waiter<FakeLease>, 'again')).toThrow(
      'a waiter left the queue twice',
    );
    await settle();
    expect(heard).toEqual(['rejected a closed for a', 'rejected b closed for b']);
    expect(wheel.size).toBe(0);
  });

  it('puts a caller in front, and gives up on it when it is too late by what is known then', async () => {
    let [giveUpAt, takesNewest] = [0, true];
    const { clock, queue, heard, enqueue } = makeQueue({
      ...FIFO,
      isLearning: true,
      takesNewest: () => takesNewest,
      hastenAt: ({ enqueuedAt }) => enqueuedAt + 50,
      giveUpAt: ({ deadlineAt }) => Math.min(deadlineAt, giveUpAt),
    });
    giveUpAt = clock.now() + 100;
    for (const label of ['first', 'second', 'third']) enqueue(label, 500);
    grantNext(queue);
    await clock.advance(49);
    expect(heard).toEqual(['granted lease of third']);
    takesNewest = true;
    await clock.advance(10);
    enqueue('newest', 500);
    grantNext(queue);
    await settle();
    expect(heard.at(-1)).toBe('granted lease of first');
    // Meanwhile leases have become shorter.
    giveUpAt += 100;
    await clock.advance(100);
    expect(heard).toHaveLength(2);
    takesNewest = false;
    await clock.advance(60);
    expect(heard.slice(2)).toEqual([
      'hopeless second',
      'hopeless newest',
      'rejected second Error: hopeless',
      'rejected newest Error: hopeless',
    ]);
    expect(clock.pendingTimers).toBe(0);
  });
});
