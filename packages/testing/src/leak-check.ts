import process from 'node:process';
import { LeakedLeasesError } from './leaked-leases-error.ts';
import { concerns, dealWith } from './leak-check-options.ts';
import type { LeakCheckOptions } from './leak-check-options.ts';
import { leakedLease, leaseLedger } from './lease-ledger.ts';
import type { LeaseLedger, OpenLease } from './lease-ledger.ts';
import type { TestRun } from './test-run.ts';
import { withinGrace } from './within-grace.ts';

/** Watches over the tests of a process, one by one or several at a time, for whichever test runner. */
export class LeakCheck {
  readonly #options: LeakCheckOptions;
  readonly #graceMs: number;
  readonly #ledger: LeaseLedger = leaseLedger();

  constructor(options: LeakCheckOptions = {}) {
    this.#options = options;
    this.#graceMs = options.graceMs ?? 100;
  }

  /** To be called before all hooks of a test; `name` is empty where it is not known. What is open by now is not its fault. */
  begin(name: string): TestRun {
    return this.#ledger.runs.begin(name, this.#ledger.acquires);
  }

  /**
   * To be called after all hooks of a test. Rejects with {@link LeakedLeasesError} when a lease is open that this test has asked
   * for; or that one of several has, of which this is the last to end.
   */
  async end(run: TestRun): Promise<void> {
    // What its code asks for while we wait is not looked at: it may be work that goes on, and gives back what it takes.
    const upTo = this.#ledger.acquires;
    const findLeaked = (): OpenLease[] => this.#leftBy(run, upTo).filter((lease) => this.#mayBlame(lease));
    await withinGrace(findLeaked, this.#graceMs);
    this.#ledger.runs.end(run);
    // Once more: meanwhile those may have ended that ran at the same time.
    const leaked = findLeaked();
    const error = leaked.length === 0 ? undefined : errorOf(run, leaked);
    dealWith(this.#ledger, leaked, this.#options, error);
    // What else is out is meant to be: it is allowed, or left out by an option.
    for (const lease of this.#leftBy(run, upTo)) this.#ledger.forget(lease);
    this.#warnOfStrays(run);
    if (error !== undefined) throw error;
  }

  /** What this test has asked for, or all that have and have ended, up to this many acquires. */
  #leftBy(run: TestRun, upTo: number): OpenLease[] {
    return this.#ledger.open(
      ({ askers, place }) =>
        place <= upTo &&
        askers.includes(run) &&
        askers.every((other) => other === run || other.state === 'ended'),
    );
  }

  /**
   * What a test has left behind that is over, and that came too late for its own check: it can fail no more, and no other test
   * is to blame.
   */
  #warnOfStrays(run: TestRun): void {
    const isStray = ({ askers, place }: OpenLease): boolean =>
      askers.length > 0 && place <= run.acquiresBefore && askers.every(({ state }) => state === 'ended');
    const strays = this.#ledger.open(
      (lease) =>
        isStray(lease) && this.#mayBlame(lease) && leakedLease(lease).heldMs >= Math.max(this.#graceMs, 1),
    );
    if (strays.length === 0) return;
    const error = new LeakedLeasesError(strays.map(leakedLease), 'by a test that was over', askersOf(strays));
    dealWith(this.#ledger, strays, this.#options, error);
    process.emitWarning(error.message, { type: 'LifeguardWarning', code: error.code });
  }

  #mayBlame(lease: OpenLease): boolean {
    return lease.askers.every(({ leaks }) => leaks === 'refused') && concerns(this.#options, lease);
  }
}

function errorOf(run: TestRun, leaked: readonly OpenLease[]): LeakedLeasesError {
  const askers = askersOf(leaked);
  const when = run.name === '' ? 'at the end of the test' : `at the end of "${run.name}"`;
  return new LeakedLeasesError(leaked.map(leakedLease), when, askers.length > 1 ? askers : []);
}

function askersOf(leases: readonly OpenLease[]): string[] {
  return [...new Set(leases.flatMap(({ askers }) => askers.map(({ name }) => name)))];
}
