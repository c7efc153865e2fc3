import { describe, expect, test } from 'vitest';
import { busyPool, busyPoolLater, idlePool, lease, lookOf } from '../../test/monitor-looks.ts';
import type { Look } from './look.ts';
import type { MonitorEffect, MonitorEvent } from './monitor-event.ts';
import { firstState } from './monitor-state.ts';
import type { MonitorState } from './monitor-state.ts';
import { reduce } from './reduce.ts';
import { tableOf } from './tables/table-of.ts';

const two = lookOf({ pools: [busyPool(), idlePool('jobs')], allow: ['evict'] });

function start(look: Look = lookOf()): MonitorState {
  return firstState(look, 5_000, 0, 0);
}

/** What comes of several events, and what the last of them wants done. */
function after(
  state: MonitorState,
  ...events: (MonitorEvent | string)[]
): readonly [MonitorState, MonitorEffect?] {
  let step: readonly [MonitorState, MonitorEffect?] = [state];
  for (const event of events)
    step = reduce(step[0], typeof event === 'string' ? { kind: 'key', key: event } : event);
  return step;
}

function selected(state: MonitorState): string | undefined {
  return state.selection?.key;
}

describe('the beginning', () => {
  test('is the leases of the only pool, or the list of several', () => {
    expect(start()).toMatchObject({ tab: 'leases', pool: 'main' });
    expect(start(two)).toMatchObject({ tab: 'pools', pool: 'main' });
    expect(start(lookOf({ pools: [] }))).toMatchObject({ tab: 'pools', pool: undefined });
  });
});

describe('keys', () => {
  test.each([
    ['1', 'leases'],
    ['f1', 'leases'],
    ['2', 'waiters'],
    ['f2', 'waiters'],
    ['3', 'sites'],
    ['f3', 'sites'],
    ['0', 'pools'],
  ])('%s shows %s', (key, tab) => {
    expect(after(start(), key)[0].tab).toBe(tab);
  });

  test('select a row, and go no further than there are rows', () => {
    expect(selected(after(start(), 'down')[0])).toBe('lease 7');
    expect(selected(after(start(), 'down', 'down', 'j', 'down', 'down')[0])).toBe('lease 9');
    expect(selected(after(start(), 'end', 'k')[0])).toBe('lease 8');
    expect(selected(after(start(), 'end', 'home')[0])).toBe('lease 7');
    expect(selected(after(start(), 'up')[0])).toBe('lease 9');
    expect(selected(after(start(), 'pagedown')[0])).toBe('lease 9');
    expect(selected(after(start(), 'pagedown', 'pageup')[0])).toBe('lease 7');
    expect(selected(after(start(), 'down', 'escape')[0])).toBeUndefined();
    expect(selected(after(start(lookOf({ pools: [idlePool('a')] })), 'down')[0])).toBeUndefined();
  });

  test('space stops the looks, and starts them again', () => {
    expect(after(start(), 'space')).toMatchObject([{ pace: 'paused' }, { kind: 'pace' }]);
    expect(after(start(), 'space', 'space')).toMatchObject([{ pace: 'running' }, { kind: 'pace' }]);
  });

  test('+ makes the interval longer and - shorter, as in pg_activity, within bounds', () => {
    expect(after(start(), '+')).toMatchObject([{ intervalMs: 10_000 }, { kind: 'pace' }]);
    expect(after(start(), '-')).toMatchObject([{ intervalMs: 4_000 }, { kind: 'pace' }]);
    expect(after({ ...start(), intervalMs: 7_000 }, '-')[0].intervalMs).toBe(5_000);
    expect(after({ ...start(), intervalMs: 500 }, '-')[0].intervalMs).toBe(500);
    expect(after({ ...start(), intervalMs: 60_000 }, '+')[0].intervalMs).toBe(60_000);
  });

  test('change the order, and t is always by time', () => {
    const byIdle = after(start(), 's')[0];
    expect(tableOf(byIdle).orderedBy).toBe('time without a query');
    expect(tableOf(byIdle).rows.map(({ key }) => key)).toEqual(['lease 7', 'lease 9', 'lease 8']);
    expect(tableOf(after(byIdle, 's')[0]).orderedBy).toBe('number of queries');
    expect(tableOf(after(byIdle, 's', 's')[0]).orderedBy).toBe('time held');
    expect(tableOf(after(byIdle, 't')[0]).orderedBy).toBe('time held');
    expect(tableOf(after(start(), '2')[0]).orderedBy).toBe('turn');
    expect(tableOf(after(start(), '2', 't')[0]).orderedBy).toBe('time waited');
  });

  test('c puts the leases of a place together, and takes them apart again', () => {
    const grouped = after(start(), 's', 'c')[0];
    expect(tableOf(grouped).rows).toHaveLength(2);
    expect(tableOf(grouped).orderedBy).toBe('time held');
    expect(tableOf(after(grouped, 'c')[0]).rows).toHaveLength(3);
    expect(after(start(), '2', 'c')[0].grouped).toBe(false);
  });

  test('of several pools one is opened, and the next one is a key away', () => {
    const opened = after(start(two), 'down', 'down', 'enter')[0];
    expect(opened).toMatchObject({ tab: 'leases', pool: 'jobs' });
    expect(after(opened, 'tab')[0].pool).toBe('main');
    expect(after(opened, 'left')[0].pool).toBe('main');
    expect(after(start(), 'tab')[0].pool).toBe('main');
  });

  test('ask now, quit, draw anew, stop the job, help', () => {
    expect(after(start(), 'R')[1]).toEqual({ kind: 'look' });
    expect(after(start(), 'q')[1]).toEqual({ kind: 'quit' });
    expect(after(start(), 'h', 'ctrl-c')[1]).toEqual({ kind: 'quit' });
    expect(after(start(), 'ctrl-l')[1]).toEqual({ kind: 'redraw' });
    expect(after(start(), 'ctrl-z')[1]).toEqual({ kind: 'suspend' });
    expect(after(start(), 'h')[0].mode.kind).toBe('help');
    // As in pg_activity, whatever key it is: "q" leaves the page, and not the program.
    expect(after(start(), 'h', 'q')).toEqual([start()]);
  });

  test('that mean nothing change nothing', () => {
    expect(after(start(), 'x', 'meta-q', 'ctrl-a', 'undefined', '')).toEqual([start()]);
  });
});

describe('details', () => {
  const open = after(start(), 'down', 'enter')[0];

  test('are those of the selected row; of the next one after a move', () => {
    expect(open).toMatchObject({ mode: { kind: 'details' }, selection: { key: 'lease 7' } });
    expect(after(open, 'down')[0]).toMatchObject({
      mode: { kind: 'details' },
      selection: { key: 'lease 8' },
    });
    expect(after(open, 'escape')[0].mode.kind).toBe('table');
    expect(after(open, '2')[0]).toMatchObject({ mode: { kind: 'table' }, tab: 'waiters' });
  });

  test('of a lease that is over close, and do not turn into those of another', () => {
    const gone = lookOf({ pools: [busyPoolLater({ leases: [lease({ id: 8 })] })] });
    expect(after(open, { kind: 'looked', look: gone })[0]).toMatchObject({
      mode: { kind: 'table' },
      note: { text: 'what was shown is over' },
    });
    const idle = lookOf({ pools: [busyPoolLater({ leases: [] })] });
    expect(after(open, { kind: 'looked', look: idle })[0]).toMatchObject({
      mode: { kind: 'table' },
      selection: undefined,
    });
  });
});

describe('looks', () => {
  test('follow the selected row where it goes', () => {
    const later = lookOf({
      pools: [busyPoolLater({ leases: [lease({ id: 10, heldMs: 90_000 }), lease({ id: 8 })] })],
    });
    const state = after(start(), 'down', 'down', { kind: 'looked', look: later })[0];
    expect(state.selection).toEqual({ key: 'lease 8', index: 1 });
  });

  test('keep the one before for what happened in between, and tell when they came', () => {
    const first = start();
    const later = lookOf({ pools: [busyPoolLater()] });
    const state = after(
      first,
      { kind: 'clock', now: 5_000, wallTime: 9 },
      { kind: 'looked', look: later },
    )[0];
    expect(state).toMatchObject({ before: first.look, look: later, lookedAt: 5_000, wallTime: 9 });
  });

  test('of another process say so', () => {
    const state = after(start(), { kind: 'looked', look: lookOf({ pid: 4712 }) })[0];
    expect(state.note).toEqual({
      text: 'the application was restarted: pid 4712 in place of 4711',
      grade: 'warning',
    });
    expect(after(state, 'x')[0].note).toBeUndefined();
  });

  test('without the pool that was shown show another', () => {
    expect(after(start(), { kind: 'looked', look: lookOf({ pools: [idlePool('b')] }) })[0].pool).toBe('b');
    expect(after(start(), { kind: 'looked', look: lookOf({ pools: [] }) })[0].pool).toBeUndefined();
  });

  test('that fail keep what was seen, and know since when', () => {
    const lost = after(
      start(),
      { kind: 'clock', now: 5_000, wallTime: 0 },
      { kind: 'lost', why: 'gone' },
      { kind: 'clock', now: 10_000, wallTime: 0 },
      { kind: 'lost', why: 'still gone' },
    )[0];
    expect(lost).toMatchObject({ link: { kind: 'lost', sinceAt: 5_000, why: 'still gone' }, lookedAt: 0 });
    expect(lost.look).toEqual(start().look);
    expect(after(lost, { kind: 'looked', look: lookOf() })[0].link).toEqual({ kind: 'live' });
  });
});

describe('actions', () => {
  test('that the application does not allow are not asked for, but how to allow them is said', () => {
    const [state, effect] = after(start(two), '1', 'C', 'y');
    expect(effect).toBeUndefined();
    expect(state.mode.kind).toBe('table');
    expect(after(start(two), '1', 'C')[0].note?.text).toBe(
      "not allowed here: serveAdmin({ pools, allow: ['reclaim'] }) in the application allows it",
    );
  });

  test('are taken after a yes, and after nothing else', () => {
    const asking = after(start(two), '1', 'K')[0];
    expect(asking.mode).toEqual({ kind: 'asking', action: 'evict', pool: 'main' });
    expect(after(asking, 'y')).toMatchObject([
      { mode: { kind: 'acting' } },
      { kind: 'act', action: 'evict', pool: 'main' },
    ]);
    for (const key of ['n', 'enter', 'K', 'escape', 'space'])
      expect(after(asking, key)).toMatchObject([
        { mode: { kind: 'table' }, note: { text: 'nothing was done' } },
      ]);
  });

  test('are taken once, and are looked after at once', () => {
    const acting = after(start(two), '1', 'K', 'y')[0];
    expect(after(acting, 'K', 'y')).toEqual([acting]);
    const note = { text: 'done', grade: 'info' } as const;
    expect(after(acting, { kind: 'acted', note })).toMatchObject([
      { mode: { kind: 'table' }, note },
      { kind: 'look' },
    ]);
  });

  test('in the list of pools need one that is selected, and everywhere one that answers', () => {
    expect(after(start(two), 'K')[0].note?.text).toBe('select a pool first');
    expect(after(start(two), 'down', 'down', 'K')[0].mode).toMatchObject({ kind: 'asking', pool: 'jobs' });
    expect(after(start(two), '1', { kind: 'lost', why: 'gone' }, 'K')[0].note?.text).toBe(
      'the application does not answer',
    );
  });
});
