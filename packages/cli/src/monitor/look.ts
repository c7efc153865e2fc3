import { ratesBetween } from './rates.ts';
import type { Rates } from './rates.ts';
import { EXIT, worstHealth } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import type { PoolState } from '../pool-state.ts';

/** What an application said when it was asked once. */
export interface Look {
  readonly application: { readonly name: string; readonly pid: number | undefined };
  readonly pools: readonly PoolState[];
  /** Names of pools that did not fit into the answer. */
  readonly omitted: readonly string[];
  /** Actions that the application allows. */
  readonly allow: readonly string[];
}

/** What is wanted of a pool beside looking. */
export type MonitorAction = 'evict' | 'reclaim';

/** What happened to a pool since the look before; `undefined` where there was none, or another process answered it. */
export function ratesOf(before: Look | undefined, now: Look, pool: string): Rates | undefined {
  if (before === undefined || before.application.pid !== now.application.pid) return undefined;
  const first = poolIn(before, pool);
  const last = poolIn(now, pool);
  return first && last && ratesBetween(first.snapshot, last.snapshot);
}

/** The pool of that name. */
export function poolIn(look: Look, name: string | undefined): PoolState | undefined {
  return look.pools.find(({ snapshot }) => snapshot.name === name);
}

/** How many of its leases are suspected of being leaked. */
export function suspectedOf({ snapshot }: PoolState): number {
  return snapshot.leases.filter(({ suspected }) => suspected).length;
}

/** What a command ends with that saw this last. */
export function codeOfLook({ pools }: Look): ExitCode {
  return EXIT[worstHealth(pools.map(({ health }) => health))];
}
