import type { AlertLimits } from './alert-limits.ts';
import type { Level } from './alert-rule.ts';

/** Where an alert is in its life. Instants are monotonic milliseconds. */
export type AlertState =
  | Quiet
  /** High, but not for long enough. `heldMs` is the part of the time since then that was watched. */
  | { readonly phase: 'pending'; readonly since: number; readonly heldMs: number; readonly before: Quiet }
  /** `calmMs`: for how long it has been calm without a break; `undefined` while it is not. */
  | { readonly phase: 'firing'; readonly since: number; readonly calmMs: number | undefined };

/** Nothing is so. `resolved`: not any more; it stays, for those who must be told yet. */
export type Quiet =
  | { readonly phase: 'ok' }
  | { readonly phase: 'resolved'; readonly since: number; readonly resolvedAt: number };

/** One look: how the value compares, and how much of the time since the look before counts. */
export interface Look {
  readonly at: number;
  readonly level: Level;
  readonly countedMs: number;
  /** Something is missing between this look and the one before. */
  readonly isAfterGap: boolean;
}

/** How every alert begins. */
export const OK: Quiet = Object.freeze({ phase: 'ok' });

/** What becomes of an alert with one more look; pure. */
export function nextState(state: AlertState, look: Look, limits: AlertLimits): AlertState {
  switch (state.phase) {
    case 'ok':
    case 'resolved':
      return look.level === 'high' ? pendingOrFiring(look.at, 0, state, limits) : state;
    case 'pending': {
      const { since, heldMs, before } = state;
      if (look.level !== 'high') return before;
      if (look.isAfterGap) return pendingOrFiring(look.at, 0, before, limits);
      return pendingOrFiring(since, heldMs + look.countedMs, before, limits);
    }
    case 'firing': {
      if (look.level !== 'calm') return { ...state, calmMs: undefined };
      // With the first calm look the time begins: what was before it may not have been calm.
      const isFirst = state.calmMs === undefined || look.isAfterGap;
      const calmMs = isFirst ? 0 : (state.calmMs ?? 0) + look.countedMs;
      return calmMs >= limits.resolveAfterMs
        ? { phase: 'resolved', since: state.since, resolvedAt: look.at }
        : { ...state, calmMs };
    }
    default:
      return state satisfies never;
  }
}

function pendingOrFiring(since: number, heldMs: number, before: Quiet, { forMs }: AlertLimits): AlertState {
  return heldMs >= forMs
    ? { phase: 'firing', since, calmMs: undefined }
    : { phase: 'pending', since, heldMs, before };
}
