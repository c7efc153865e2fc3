import { witnessLeases } from '@lifeguard/core/adapter';
import type { LeaseRecord, LeaseTracker, LeaseView } from '@lifeguard/core';
import type { LeaseOrigin, LeaseWitness } from '@lifeguard/core/adapter';
import { TestRuns } from './test-run.ts';
import type { TestRun } from './test-run.ts';

/** An open lease, and who asked for it. */
export interface OpenLease {
  readonly record: LeaseRecord;
  readonly tracker: LeaseTracker;
  /** How many acquires were called before this one. */
  readonly place: number;
  /** Tests that may have asked: one, unless several ran and could not be told apart. Empty outside of any test. */
  readonly askers: readonly TestRun[];
}

/** A lease that was not given back, as data. */
export interface LeakedLease extends LeaseView {
  readonly pool: string;
}

/** As data, with its whole stack. */
export function leakedLease({ record, tracker }: OpenLease): LeakedLease {
  return Object.freeze({ ...tracker.view(record), pool: tracker.name });
}

/** Every open lease of this process that was asked for since the ledger began, with the stack of its acquire. */
export class LeaseLedger implements LeaseWitness {
  /** Between a test and the pool lie the frames of a framework, a query builder and the driver; and time does not count here. */
  readonly depth: number = 50;
  readonly runs: TestRuns = new TestRuns();
  readonly #asked = new WeakMap<LeaseOrigin, Pick<OpenLease, 'place' | 'askers'>>();
  readonly #open = new Map<LeaseRecord, OpenLease>();
  #acquires = 0;

  /** Acquires that were called. */
  get acquires(): number {
    return this.#acquires;
  }

  /** Those that are open, and whom `isMeant` picks. */
  open(isMeant: (lease: OpenLease) => boolean): OpenLease[] {
    return [...this.#open.values()].filter(isMeant);
  }

  /** It has been dealt with, and is nobody's any more, although it may stay open. */
  forget({ record }: OpenLease): void {
    this.#open.delete(record);
  }

  asked(origin: LeaseOrigin): void {
    this.#asked.set(origin, { place: (this.#acquires += 1), askers: this.runs.current() });
  }

  opened(record: LeaseRecord, origin: LeaseOrigin, tracker: LeaseTracker): void {
    const asked = this.#asked.get(origin);
    // One that was asked for before the ledger began is nobody's.
    if (asked !== undefined) this.#open.set(record, { record, tracker, ...asked });
  }

  closed(record: LeaseRecord): void {
    this.#open.delete(record);
  }
}

/** Under a global symbol: a second copy of this package must not take the place of the first. */
const KEY = Symbol.for('@lifeguard/testing/ledger');
const shared = globalThis as { [KEY]?: LeaseLedger };

/** The ledger of this process. It begins at the first call, and is kept until the process ends. */
export function leaseLedger(): LeaseLedger {
  return (shared[KEY] ??= begin());
}

function begin(): LeaseLedger {
  const ledger = new LeaseLedger();
  witnessLeases(ledger);
  return ledger;
}
