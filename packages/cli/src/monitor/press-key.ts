import { answer, ask } from './ask-action.ts';
import type { MonitorEffect } from './monitor-event.ts';
import type { MonitorState, Tab } from './monitor-state.ts';
import { isMove, move } from './move-selection.ts';
import { ordersOf, selectedIndex, tableOf } from './tables/table-of.ts';

type Pressed = readonly [MonitorState, MonitorEffect?];

/** What a key does; one that means nothing changes nothing. Always: Ctrl-C, Ctrl-L, Ctrl-Z. */
export function pressKey(state: MonitorState, key: string): Pressed {
  if (key === 'ctrl-c') return [state, { kind: 'quit' }];
  if (key === 'ctrl-l') return [state, { kind: 'redraw' }];
  if (key === 'ctrl-z') return [state, { kind: 'suspend' }];
  const { mode } = state;
  switch (mode.kind) {
    case 'asking':
      return answer(state, mode.action, mode.pool, key);
    // Only one at a time, and nothing else may seem to be meant by a key until it has ended.
    case 'acting':
      return key === 'q' ? [state, { kind: 'quit' }] : [state];
    case 'help':
      return [{ ...state, mode: { kind: 'table' } }];
    case 'details':
      return isMove(key) ? [move(state, key)] : leaveDetails(state, key);
    case 'table':
      return isMove(key) ? [move(state, key)] : command(state, key);
    /* v8 ignore next -- a mode that is missing above does not compile */
    default:
      return mode satisfies never;
  }
}

function leaveDetails(state: MonitorState, key: string): Pressed {
  const table: MonitorState = { ...state, mode: { kind: 'table' } };
  if (['escape', 'enter', 'v', 'backspace', 'left'].includes(key)) return [table];
  return command(table, key);
}

const TABS: Readonly<Record<string, Tab>> = {
  '0': 'pools',
  f10: 'pools',
  '1': 'leases',
  f1: 'leases',
  '2': 'waiters',
  f2: 'waiters',
  '3': 'sites',
  f3: 'sites',
};

function command(state: MonitorState, key: string): Pressed {
  const tab = TABS[key];
  if (tab !== undefined) return [{ ...state, tab, selection: undefined }];
  switch (key) {
    case 'q':
      return [state, { kind: 'quit' }];
    case 'h':
    case '?':
      return [{ ...state, mode: { kind: 'help' } }];
    case 'space':
      return pause(state);
    case '+':
    case '-':
      return changeInterval(state, key);
    case 'R':
      return [state, { kind: 'look' }];
    case 's':
      return [{ ...state, order: { ...state.order, [state.tab]: nextOrder(state) } }];
    case 't':
      return [{ ...state, order: { ...state.order, [state.tab]: state.tab === 'waiters' ? 1 : 0 } }];
    case 'c':
      return group(state);
    case 'tab':
    case 'right':
      return [anotherPool(state, 1)];
    case 'backtab':
    case 'left':
      return [anotherPool(state, -1)];
    case 'enter':
    case 'v':
      return [open(state)];
    case 'escape':
      return [{ ...state, selection: undefined }];
    case 'K':
      return [ask(state, 'evict')];
    case 'C':
      return [ask(state, 'reclaim')];
    default:
      return [state];
  }
}

function pause(state: MonitorState): Pressed {
  const pace = state.pace === 'paused' ? 'running' : 'paused';
  return [{ ...state, pace }, { kind: 'pace' }];
}

/** Seconds between two looks that `+` and `-` step through; what was given by an option may lie between. */
const STEPS = [0.5, 1, 2, 3, 4, 5, 10, 15, 30, 60];

function changeInterval(state: MonitorState, key: '+' | '-'): Pressed {
  const seconds = state.intervalMs / 1_000;
  const next = key === '+' ? STEPS.find((step) => step > seconds) : STEPS.findLast((step) => step < seconds);
  if (next === undefined) return [state];
  return [{ ...state, intervalMs: next * 1_000 }, { kind: 'pace' }];
}

function nextOrder({ tab, order, grouped }: MonitorState): number {
  return (order[tab] + 1) % ordersOf(tab, grouped);
}

function group(state: MonitorState): Pressed {
  if (state.tab !== 'leases') return [state];
  const order = { ...state.order, leases: 0 };
  return [{ ...state, grouped: !state.grouped, order, selection: undefined }];
}

function anotherPool(state: MonitorState, by: 1 | -1): MonitorState {
  const names = state.look.pools.map(({ snapshot }) => snapshot.name);
  if (state.tab === 'pools' || names.length < 2) return state;
  const index = names.indexOf(state.pool ?? '');
  const pool = names[(index + by + names.length) % names.length];
  return { ...state, pool, selection: undefined };
}

/** The pool of the selected row, or all about another row. */
function open(state: MonitorState): MonitorState {
  const { rows } = tableOf(state);
  const row = rows[selectedIndex(state, rows) ?? 0];
  if (row === undefined) return state;
  if (state.tab === 'pools') return { ...state, tab: 'leases', pool: row.key, selection: undefined };
  const index = rows.indexOf(row);
  return { ...state, mode: { kind: 'details' }, selection: { key: row.key, index } };
}
