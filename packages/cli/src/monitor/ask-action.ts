import { poolIn } from './look.ts';
import type { MonitorAction } from './look.ts';
import type { MonitorEffect } from './monitor-event.ts';
import type { MonitorState } from './monitor-state.ts';
import { selectedIndex, tableOf } from './tables/table-of.ts';
import { shown } from './text-width.ts';

/** Nothing is done before it was asked for twice, nor asked what the application would refuse anyway. */
export function ask(state: MonitorState, action: MonitorAction): MonitorState {
  const { look, tab, link } = state;
  const { rows } = tableOf(state);
  const pool = tab === 'pools' ? rows[selectedIndex(state, rows) ?? -1]?.key : state.pool;
  const warn = (text: string): MonitorState => ({ ...state, note: { text, grade: 'warning' } });
  if (pool === undefined || poolIn(look, pool) === undefined) return warn('select a pool first');
  if (link.kind === 'lost') return warn('the application does not answer');
  if (!look.allow.includes(action)) return warn(notAllowed(action));
  return { ...state, mode: { kind: 'asking', action, pool } };
}

/** What comes of the answer to it: only a yes is one. */
export function answer(
  state: MonitorState,
  action: MonitorAction,
  pool: string,
  key: string,
): readonly [MonitorState, MonitorEffect?] {
  if (key !== 'y' && key !== 'Y')
    return [{ ...state, mode: { kind: 'table' }, note: { text: 'nothing was done', grade: 'info' } }];
  return [
    { ...state, mode: { kind: 'acting', action, pool } },
    { kind: 'act', action, pool },
  ];
}

/** What to say where an action is refused. */
export function notAllowed(action: MonitorAction): string {
  return `not allowed here: serveAdmin({ pools, allow: ['${action}'] }) in the application allows it`;
}

/** What is asked before something is done; how to answer comes first, since a narrow screen cuts the rest. */
export function questionOf(action: MonitorAction, pool: string): string {
  return action === 'evict'
    ? `(y/n) replace all connections of pool ${shown(pool, 60)}? idle ones now, leased ones when they come back`
    : `(y/n) take back what pool ${shown(pool, 60)} suspects of being leaked? its holders get LG_LEASE_REVOKED`;
}
