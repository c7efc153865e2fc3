import type { Severity } from '@lifeguard/core';
import type { Look, MonitorAction } from './look.ts';
import { poolIn } from './look.ts';
import type { PoolState } from '../pool-state.ts';

/** Which table is shown. */
export type Tab = 'pools' | 'leases' | 'waiters' | 'sites';

/** Whether the application answers. */
type Link =
  | { readonly kind: 'live' }
  /** `why` is one line, for people. */
  | { readonly kind: 'lost'; readonly sinceAt: number; readonly why: string };

/** What keys mean, and what is shown below the header. */
type Mode =
  | { readonly kind: 'table' }
  | { readonly kind: 'help' }
  /** Everything about the selected row. */
  | { readonly kind: 'details' }
  | { readonly kind: 'asking'; readonly action: MonitorAction; readonly pool: string }
  | { readonly kind: 'acting'; readonly action: MonitorAction; readonly pool: string };

/** The row that is marked: where it is now is found by its key, and by its place when it is gone. */
interface Selection {
  readonly key: string;
  readonly index: number;
}

/** What was told last; it goes with the next key. */
export interface Note {
  readonly text: string;
  readonly grade: Severity;
}

/** All that the screen shows, besides its size. */
export interface MonitorState {
  /** Instant of the last event. */
  readonly now: number;
  /** The same for people; milliseconds since the epoch. */
  readonly wallTime: number;
  readonly intervalMs: number;
  readonly pace: 'running' | 'paused';
  readonly link: Link;
  readonly look: Look;
  /** The one before; what happened in between is told by both. */
  readonly before: Look | undefined;
  readonly lookedAt: number;
  readonly tab: Tab;
  /** Name of the pool whose tables are shown; `undefined` where there is none at all. */
  readonly pool: string | undefined;
  /** Leases as one row for each place in the code. */
  readonly grouped: boolean;
  /** Index of the order of each tab, among those that it has. */
  readonly order: Readonly<Record<Tab, number>>;
  readonly selection: Selection | undefined;
  readonly mode: Mode;
  readonly note: Note | undefined;
  /** Rows that one press of PgDn passes. */
  readonly page: number;
}

/** How it begins: with the leases of the only pool, or with the list of several. */
export function firstState(look: Look, intervalMs: number, now: number, wallTime: number): MonitorState {
  return {
    now,
    wallTime,
    intervalMs,
    pace: 'running',
    link: { kind: 'live' },
    look,
    before: undefined,
    lookedAt: now,
    tab: look.pools.length === 1 ? 'leases' : 'pools',
    pool: look.pools[0]?.snapshot.name,
    grouped: false,
    order: { pools: 0, leases: 0, waiters: 0, sites: 0 },
    selection: undefined,
    mode: { kind: 'table' },
    note: undefined,
    page: 10,
  };
}

/** The pool whose tables are shown. */
export function shownPool({ look, pool }: MonitorState): PoolState | undefined {
  return poolIn(look, pool);
}
