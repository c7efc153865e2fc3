import { AdminError } from '@lifeguard/admin';
import { ManualClock, settle } from '@lifeguard/core/testing';
import { expect, test } from 'vitest';
import { idlePool } from '../../test/monitor-looks.ts';
import type { AdminSource, TargetOptions } from '../admin-source.ts';
import { Watch } from './watch.ts';

/** An application that answers as a process of that pid would. */
function application(pid: number, name = 'orders'): AdminSource {
  const { snapshot } = idlePool('main');
  const answers: Readonly<Record<string, object>> = {
    '/v1': { name, pid, capabilities: { allow: ['evict'] } },
    '/v1/snapshot': { schemaVersion: 1, pools: [snapshot], omitted: [] },
    '/v1/diagnosis': { schemaVersion: 1, pools: [] },
    '/v1/health': { pools: [] },
  };
  const get = (path: string): Promise<unknown> => Promise.resolve(answers[path]);
  return { title: `${name} (pid ${pid})`, get, post: () => Promise.resolve({ count: 2 }) };
}

const gone = (): AdminError => new AdminError('none-running', { summary: 'there is no such socket' });

function failing(error: () => Error): AdminSource {
  const fail = (): Promise<never> => Promise.reject(error());
  return { title: 'gone', get: fail, post: fail };
}

/** A watch on what is found, one after the other; the last is found again and again. */
function watchOf(found: (AdminSource | Error)[], target: TargetOptions = {}) {
  const clock = new ManualClock();
  const targets: TargetOptions[] = [];
  const open = (wanted: TargetOptions): Promise<AdminSource> => {
    targets.push(wanted);
    const next = found.length > 1 ? found.shift() : found[0];
    return next instanceof Error || next === undefined ? Promise.reject(next) : Promise.resolve(next);
  };
  const quit = new AbortController();
  return { watch: new Watch({ target, open, clock, signal: quit.signal }), clock, targets, quit };
}

test('a look has who answers, its pools, and what is allowed', async () => {
  const { watch, clock } = watchOf([application(1)]);
  expect(await watch.look()).toMatchObject({
    application: { name: 'orders', pid: 1 },
    pools: [{ snapshot: { name: 'main' } }],
    allow: ['evict'],
    omitted: [],
  });
  expect(await watch.act('main', 'evict')).toBe(2);
  expect(clock.pendingTimers).toBe(0);
});

test('what is found once is asked again, and not looked for', async () => {
  const { watch, targets } = watchOf([application(1)]);
  await watch.look();
  await watch.look();
  expect(targets).toHaveLength(1);
});

test('what was started anew is found in the same look', async () => {
  const first = application(1);
  let isGone = false;
  const get = (path: string): Promise<unknown> => (isGone ? Promise.reject(gone()) : first.get(path));
  const { watch, targets } = watchOf([{ ...first, get }, application(2)], { name: 'orders' });
  await watch.look();
  isGone = true;
  expect(await watch.look()).toMatchObject({ application: { pid: 2 } });
  expect(targets).toEqual([{ name: 'orders' }, { name: 'orders' }]);
});

test('what stays away is looked for once in each look', async () => {
  const { watch, targets } = watchOf([gone()]);
  await expect(watch.look()).rejects.toThrow('there is no such socket');
  await expect(watch.look()).rejects.toThrow('there is no such socket');
  expect(targets).toHaveLength(2);
});

test('what answers badly is not asked twice in a look', async () => {
  const { watch, targets } = watchOf([
    failing(() => new AdminError('no-answer', { summary: 'full' })),
    application(1),
  ]);
  await expect(watch.look()).rejects.toThrow('full');
  expect(targets).toHaveLength(1);
  expect(await watch.look()).toMatchObject({ application: { pid: 1 } });
});

test('the only one that runs stays the one that is meant; who was said by its pid is not taken for another', async () => {
  const { watch, targets } = watchOf([application(1), application(2)]);
  await watch.look();
  const pinned = watchOf([application(1)], { pid: 1 });
  await pinned.watch.look();
  expect(targets).toEqual([{}]);
  const lost = watchOf([{ ...application(1), get: once(application(1)) }, application(2)]);
  await lost.watch.look();
  await lost.watch.look();
  expect(lost.targets).toEqual([{}, { name: 'orders' }]);
});

/** Answers the four questions of a look, and is gone then. */
function once(source: AdminSource): AdminSource['get'] {
  let left = 4;
  return (path) => (left-- > 0 ? source.get(path) : Promise.reject(gone()));
}

test('a look that takes too long is given up, and so is one when the monitor ends', async () => {
  const signals: (AbortSignal | undefined)[] = [];
  const get = (_: string, signal?: AbortSignal): Promise<unknown> =>
    new Promise((__, reject) => {
      signals.push(signal);
      signal?.addEventListener('abort', () => reject(new AdminError('no-answer', { summary: 'aborted' })));
    });
  const { watch, clock, quit } = watchOf([{ ...application(1), get }]);
  const slow = watch.look();
  const failed = expect(slow).rejects.toThrow('no answer within 10s');
  await clock.advance(10_000);
  await failed;
  const late = expect(watch.look()).rejects.toThrow('aborted');
  await settle();
  quit.abort();
  await late;
  expect(signals).toHaveLength(2);
  expect(clock.pendingTimers).toBe(0);
});
