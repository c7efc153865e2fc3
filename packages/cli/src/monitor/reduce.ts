import { poolIn } from './look.ts';
import type { Look } from './look.ts';
import type { MonitorEffect, MonitorEvent } from './monitor-event.ts';
import type { MonitorState } from './monitor-state.ts';
import { pressKey } from './press-key.ts';
import { selectedIndex, tableOf } from './tables/table-of.ts';

/** What a monitor has become by an event, and what has to be done about it. */
export type Step = readonly [MonitorState, MonitorEffect?];

/** Rows of the screen that are not of the table. */
const OTHER_ROWS = 10;

/** What comes after `state` when `event` happens. Looks at nothing else. */
export function reduce(state: MonitorState, event: MonitorEvent): Step {
  switch (event.kind) {
    case 'clock':
      return [{ ...state, now: event.now, wallTime: event.wallTime }];
    case 'key':
      return pressKey({ ...state, note: undefined }, event.key);
    case 'looked':
      return [looked(state, event.look)];
    case 'lost': {
      const sinceAt = state.link.kind === 'lost' ? state.link.sinceAt : state.now;
      return [{ ...state, link: { kind: 'lost', sinceAt, why: event.why } }];
    }
    case 'resized':
      return [{ ...state, page: Math.max(1, event.rows - OTHER_ROWS) }, { kind: 'redraw' }];
    case 'acted':
      return [{ ...state, mode: { kind: 'table' }, note: event.note }, { kind: 'look' }];
    /* v8 ignore next -- an event that is missing above does not compile */
    default:
      return event satisfies never;
  }
}

function looked(state: MonitorState, look: Look): MonitorState {
  const pool = poolIn(look, state.pool) === undefined ? look.pools[0]?.snapshot.name : state.pool;
  const next: MonitorState = {
    ...state,
    link: { kind: 'live' },
    before: state.look,
    look,
    lookedAt: state.now,
    pool,
    note: noteOf(state, look),
  };
  return keepSelection(next);
}

/** The row that was marked stays marked where it went; when it is gone, the one that took its place is. */
function keepSelection(state: MonitorState): MonitorState {
  const { rows } = tableOf(state);
  const index = selectedIndex(state, rows);
  const row = index === undefined ? undefined : rows[index];
  if (index === undefined || row === undefined) {
    const mode: MonitorState['mode'] = state.mode.kind === 'details' ? { kind: 'table' } : state.mode;
    return { ...state, selection: undefined, mode };
  }
  // Details of one row must not turn into those of another under the eyes of a reader.
  const isGone = state.selection?.key !== row.key && state.mode.kind === 'details';
  return {
    ...state,
    selection: { key: row.key, index },
    ...(isGone
      ? { mode: { kind: 'table' } as const, note: { text: 'what was shown is over', grade: 'info' as const } }
      : {}),
  };
}

function noteOf({ look: before, note }: MonitorState, { application }: Look): MonitorState['note'] {
  if (before.application.pid === application.pid) return note;
  return {
    text: `the application was restarted: pid ${application.pid ?? '?'} in place of ${before.application.pid ?? '?'}`,
    grade: 'warning',
  };
}
