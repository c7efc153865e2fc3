import type { Call, CallBook } from './calls.ts';
import type { Judge } from './judge.ts';

/** Whether two calls stand in the same queue: those are served in the order in which they came. */
const isSameQueue = (_one: Call, _other: Call): boolean => true;

/**
 * First come, first served within a class. Who is passed over in a grant must have been on the way out (a deadline, a
 * signal), so by the end of the same step they must have been turned away; and they must not be served later in that step.
 */
export class OrderOracle {
  readonly #calls: CallBook;
  readonly #judge: Judge;
  readonly #passed: (readonly [passed: Call, by: Call])[] = [];

  constructor(calls: CallBook, judge: Judge) {
    this.#calls = calls;
    this.#judge = judge;
  }

  /** A lease is given to this call now. */
  granted(call: Call): void {
    for (const earlier of this.#calls.waiting) {
      if (earlier.id >= call.id) break;
      if (earlier.lent !== undefined || call.madeInside.includes(earlier)) continue;
      if (isSameQueue(earlier, call)) this.#passed.push([earlier, call]);
    }
  }

  /** The step is over, and everybody has heard what there is to hear. */
  check(): void {
    for (const [earlier, by] of this.#passed.splice(0))
      this.#judge.expect(earlier.state === 'refused', 'I6', () => `${by.label} overtook ${earlier.label}`);
  }
}
