import { InvariantError } from './errors.ts';
import type { PoolCounts } from './snapshot.ts';

/** What the invariants are about, at one moment between two steps. */
export interface InvariantView {
  readonly counts: PoolCounts;
  readonly isOpen: boolean;
  readonly isClosing: boolean;
  /** Slots taken, out of `counts.max`. */
  readonly occupied: number;
  /** `counts.max`, or what there was when it was lowered to less. */
  readonly ceiling: number;
  /** Leases that the tracker knows of. */
  readonly leases: number;
  /** Callers that wait and may be served, where connections are reserved for others. */
  readonly servable: number;
  /** Idle connections that are being pinged on behalf of waiters. */
  readonly pinging: number;
  /** Connections that are wanted, not on their way, and allowed to be opened now. */
  readonly couldOpen: number;
}

/**
 * What can be said of the invariants of ARCHITECTURE.md (by their numbers there) by looking at one moment. The others
 * are about sequences; `pool.property.test.ts` checks those.
 */
const RULES: readonly (readonly [number: string, rule: string, holds: (view: InvariantView) => boolean])[] = [
  ['1', 'no more connections than max', ({ occupied, ceiling }) => occupied <= ceiling],
  ['1', 'no more lost connections than max', ({ counts, ceiling }) => counts.lost <= ceiling],
  ['2', 'one lease for each leased connection', ({ counts, leases }) => counts.used === leases],
  ['4', 'no waiter while a connection is idle', (view) => !isWaitingBesideIdle(view)],
  ['4', 'no waiter while a connection may be opened', (view) => !view.isOpen || view.couldOpen === 0],
  ['10', 'no waiter in a closing pool', ({ isClosing, counts }) => !isClosing || counts.pending === 0],
];

/** Throws `LG_BUG` with the first invariant that does not hold. */
export function assertInvariants(view: InvariantView): void {
  const broken = RULES.find(([, , holds]) => !holds(view));
  if (broken === undefined) return;
  throw new InvariantError(`invariant ${broken[0]}, ${broken[1]}: ${JSON.stringify(view)}`);
}

function isWaitingBesideIdle({ isOpen, counts, servable, pinging }: InvariantView): boolean {
  return isOpen && counts.idle > 0 && servable > pinging;
}
