import type { MonitorState } from './monitor-state.ts';
import { selectedIndex, tableOf } from './tables/table-of.ts';

const MOVES = ['up', 'k', 'down', 'j', 'pageup', 'pagedown', 'home', 'end'];

/** Whether a key moves the mark. */
export function isMove(key: string): boolean {
  return MOVES.includes(key);
}

/** The state with the mark where the key has moved it: no further than there are rows. */
export function move(state: MonitorState, key: string): MonitorState {
  const { rows } = tableOf(state);
  const at = selectedIndex(state, rows);
  const index = Math.max(0, Math.min(rows.length - 1, target(key, at, state.page, rows.length)));
  const row = rows[index];
  return row === undefined ? state : { ...state, selection: { key: row.key, index } };
}

function target(key: string, at: number | undefined, page: number, count: number): number {
  switch (key) {
    case 'home':
      return 0;
    case 'end':
      return count - 1;
    case 'up':
    case 'k':
      return at === undefined ? count - 1 : at - 1;
    case 'pageup':
      return (at ?? 0) - page;
    case 'pagedown':
      return (at ?? -1) + page;
    default:
      return at === undefined ? 0 : at + 1;
  }
}
