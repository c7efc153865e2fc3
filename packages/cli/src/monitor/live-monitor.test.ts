import { AdminError } from '@lifeguard/admin';
import { ManualClock, settle } from '@lifeguard/core/testing';
import { expect, onTestFinished, test } from 'vitest';
import { FakeTerminal } from '../../test/fake-terminal.ts';
import { busyPool, busyPoolLater, idlePool, lookOf } from '../../test/monitor-looks.ts';
import { LiveMonitor } from './live-monitor.ts';
import type { LiveEnd, LiveParts } from './live-monitor.ts';
import type { Look, MonitorAction } from './look.ts';

/** An application whose answers come when the test gives them. */
class Asked {
  readonly waiting: PromiseWithResolvers<Look>[] = [];
  readonly acts: (readonly [string, MonitorAction])[] = [];
  most = 0;
  act = (pool: string, action: MonitorAction): Promise<number | undefined> => {
    this.acts.push([pool, action]);
    return Promise.resolve(3);
  };

  look(): Promise<Look> {
    const answer = Promise.withResolvers<Look>();
    this.waiting.push(answer);
    this.most = Math.max(this.most, this.waiting.length);
    return answer.promise;
  }

  async answer(look: Look = lookOf({ pools: [busyPoolLater()] })): Promise<void> {
    this.waiting.shift()?.resolve(look);
    await settle();
  }

  async fail(error: Error = new AdminError('stale', { summary: 'its process has ended' })): Promise<void> {
    this.waiting.shift()?.reject(error);
    await settle();
  }
}

interface World {
  readonly asked: Asked;
  readonly clock: ManualClock;
  readonly terminal: FakeTerminal;
  readonly ended: Promise<LiveEnd>;
}

function watch(parts: Partial<LiveParts> = {}, first: Look = lookOf()): World {
  const asked = new Asked();
  const clock = new ManualClock();
  const terminal = new FakeTerminal();
  const all = { watch: asked, terminal, clock, color: false, intervalMs: 5_000, count: Infinity, ...parts };
  const ended = new LiveMonitor(all, first).run();
  onTestFinished(async () => {
    if (terminal.isOpen) terminal.press('ctrl-c');
    await ended.catch(() => undefined);
    expect(terminal.isOpen).toBe(false);
    expect(clock.pendingTimers).toBe(0);
  });
  return { asked, clock, terminal, ended };
}

const top = ({ terminal }: World): string => terminal.screen.lines[0] ?? '';
const all = ({ terminal }: World): string => terminal.screen.lines.join('\n');

test('it shows what it knows at once, and looks again when the interval is over', async () => {
  const world = watch();
  expect(all(world)).toContain('pool main  critical');
  expect(all(world)).toContain('acquires –');
  await world.clock.advance(4_999);
  expect(world.asked.waiting).toHaveLength(0);
  await world.clock.advance(1);
  expect(world.asked.waiting).toHaveLength(1);
  await world.asked.answer();
  expect(all(world)).toContain('acquires 2.0/s');
});

test('there is one question at a time, however long an answer takes', async () => {
  const world = watch({ intervalMs: 500 });
  await world.clock.advance(60_000);
  world.terminal.press('R', 'R');
  expect(world.asked.most).toBe(1);
  await world.asked.answer();
  await world.clock.advance(99);
  expect(world.asked.waiting).toHaveLength(0);
  await world.clock.advance(1);
  expect(world.asked.waiting).toHaveLength(1);
});

test('a frame is one write, and what has not changed is not written', async () => {
  const world = watch();
  const before = world.terminal.writes.length;
  await world.clock.advance(1_000);
  expect(world.terminal.writes).toHaveLength(before + 1);
  // Only the time at the top has.
  expect(world.terminal.writes.at(-1)?.match(/;1H/g)).toHaveLength(1);
  world.terminal.press('x');
  expect(world.terminal.writes).toHaveLength(before + 1);
});

test('a pause asks nothing, and going on asks as soon as the interval is over', async () => {
  const world = watch();
  world.terminal.press('space');
  await world.clock.advance(60_000);
  expect(world.asked.waiting).toHaveLength(0);
  expect(top(world)).toContain('PAUSED, data is 60s old');
  world.terminal.press('R');
  expect(world.asked.waiting).toHaveLength(1);
  await world.asked.answer();
  await world.clock.advance(60_000);
  expect(world.asked.waiting).toHaveLength(0);
  world.terminal.press('space');
  await world.clock.advance(100);
  expect(world.asked.waiting).toHaveLength(1);
});

test('another interval counts from the last question', async () => {
  const world = watch();
  await world.clock.advance(3_000);
  world.terminal.press('-', '-');
  expect(top(world)).toContain('every 3s');
  await world.clock.advance(100);
  expect(world.asked.waiting).toHaveLength(1);
});

test('an application that is gone is named, and asked for until it is there again', async () => {
  const world = watch();
  await world.clock.advance(5_000);
  await world.asked.fail();
  expect(top(world)).toContain('NO ANSWER, data is 5s old');
  expect(all(world)).toContain('its process has ended');
  await world.clock.advance(2_000);
  expect(top(world)).toContain('NO ANSWER, data is 7s old');
  await world.clock.advance(3_000);
  await world.asked.answer(lookOf({ pid: 4712, pools: [busyPool()] }));
  expect(top(world)).toMatch(/^orders \(pid 4712\) +every 5s/);
  expect(all(world)).toContain('the application was restarted');
  expect(all(world)).toContain('acquires –');
});

test('another size is drawn anew, and so is what somebody else has written over', () => {
  const world = watch();
  const before = world.terminal.writes.length;
  world.terminal.resize(60, 8);
  expect(world.terminal.writes).toHaveLength(before + 1);
  expect(all(world)).not.toContain('¿');
  expect(world.terminal.screen.lines).toHaveLength(8);
  expect(world.terminal.screen.lines[7]).toContain('q quit');
  for (const redraw of [() => world.terminal.overwrite(), () => world.terminal.press('ctrl-l')]) {
    world.terminal.screen.resize(60, 8);
    redraw();
    expect(all(world)).not.toContain('¿');
  }
  world.terminal.press('ctrl-z');
  expect(world.terminal.suspended).toBe(1);
});

test('an action is taken after a yes, told, and looked after', async () => {
  const world = watch({}, lookOf({ allow: ['evict'] }));
  world.terminal.press('K');
  expect(all(world)).toContain('(y/n) replace all connections of pool main?');
  expect(world.asked.acts).toEqual([]);
  world.terminal.press('y');
  expect(all(world)).toContain('evict of pool main …');
  await settle();
  expect(world.asked.acts).toEqual([['main', 'evict']]);
  expect(all(world)).toContain('evict of pool main: done (3)');
  expect(world.asked.waiting).toHaveLength(1);
});

test('an action that fails says why, and how it would be allowed', async () => {
  const world = watch({}, lookOf({ allow: ['reclaim'] }));
  const refuse = (problem: string) => () =>
    Promise.reject(new AdminError('refused', { summary: 'no', status: 403, problem }));
  world.asked.act = refuse('not-allowed');
  world.terminal.press('C', 'y');
  await settle();
  expect(all(world)).toContain("not allowed here: serveAdmin({ pools, allow: ['reclaim'] })");
  world.asked.act = refuse('action-failed');
  world.terminal.press('C', 'y');
  await settle();
  expect(all(world)).toContain('reclaim of pool main: no');
});

test('it ends by q and by Ctrl-C, and when the terminal ends it', async () => {
  for (const key of ['q', 'ctrl-c']) {
    const world = watch();
    world.terminal.press(key);
    expect(await world.ended).toEqual({ kind: 'quit' });
  }
  const world = watch();
  world.terminal.end({ kind: 'signal', signal: 'SIGTERM' });
  expect(await world.ended).toEqual({ kind: 'signal', signal: 'SIGTERM' });
});

test('an answer that comes after the end changes nothing', async () => {
  const world = watch({}, lookOf({ allow: ['evict'] }));
  const acted = Promise.withResolvers<number>();
  world.asked.act = () => acted.promise;
  world.terminal.press('K', 'y');
  await world.clock.advance(5_000);
  world.terminal.press('q');
  await world.ended;
  const before = world.terminal.writes.length;
  await world.asked.fail();
  acted.resolve(1);
  await settle();
  expect(world.terminal.writes).toHaveLength(before);
  expect(world.clock.pendingTimers).toBe(0);
});

test('it ends after so many looks, each seen for an interval, with the code of the last', async () => {
  const world = watch({ count: 2 });
  await world.clock.advance(5_000);
  await world.asked.answer(lookOf({ pools: [idlePool('main')] }));
  await world.clock.advance(4_999);
  expect(world.terminal.isOpen).toBe(true);
  await world.clock.advance(1);
  expect(await world.ended).toEqual({ kind: 'counted', code: 0 });
  const lost = watch({ count: 2 });
  await lost.clock.advance(5_000);
  await lost.asked.fail();
  await lost.clock.advance(5_000);
  expect(await lost.ended).toEqual({ kind: 'counted', code: 3 });
});

test('a defect puts the terminal back before it is told', async () => {
  const world = watch();
  await world.clock.advance(5_000);
  await world.asked.fail(new RangeError('a defect'));
  await expect(world.ended).rejects.toThrow('a defect');
  expect(world.terminal.isOpen).toBe(false);
  const other = watch();
  await other.clock.advance(5_000);
  // What no application answers, and would make the screen fail.
  await other.asked.answer(lookOf({ pools: [busyPool({ leases: undefined as unknown as [] })] }));
  await expect(other.ended).rejects.toThrow(TypeError);
});
