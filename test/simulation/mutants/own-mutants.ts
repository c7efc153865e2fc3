import type { Mutant } from './mutant.ts';

const HERE = 'Lifeguard, until the simulator found it';

/** Bugs of our own, which the simulator found: it must go on finding them. */
export const OWN_MUTANTS: readonly Mutant[] = [
  {
    id: 'shorter-pause-ignored',
    bug: 'When a later failure draws a shorter pause than the one before, the longer one is waited for',
    file: 'connection-opener.ts',
    find: '(this.#retry !== undefined && this.#retry.at <= failing.retryAt)',
    replace: 'this.#retry !== undefined',
    seenIn: HERE,
    breaks: 4,
  },
  {
    id: 'suspended-while-granting',
    bug: 'A pool that a listener of a grant has suspended serves the others who wait',
    file: 'pool.ts',
    find: 'while (this.#state === OPEN && this.#queue.servable > 0) {',
    replace: `if (this.#state !== OPEN) return;
    while (this.#queue.servable > 0) {`,
    seenIn: HERE,
    breaks: 4,
  },
  {
    id: 'overload-not-forgotten',
    bug: 'An overload is remembered for as long as nobody waits, when the last one to come found the queue full',
    file: 'acquire-queue.ts',
    find: `    if (this.#policy.isLearning && this.#lines.length === 0) this.#policy.emptied(this.#clock.coarseNow());
`,
    replace: '',
    seenIn: HERE,
    breaks: 3,
  },
  {
    id: 'urgent-given-up',
    bug: 'A caller of priority high is turned away because its session is short',
    file: 'acquire-queue.ts',
    find: 'waiter.line.rank === 0 ? limits.deadlineAt : this.#policy.giveUpAt(limits)',
    replace: 'this.#policy.giveUpAt(limits)',
    seenIn: HERE,
    breaks: 3,
  },
  {
    id: 'shed-told-too-early',
    bug: 'A listener that is told of a caller being turned away aborts it, and it leaves the queue twice',
    file: 'pool.ts',
    find: `    this.#queue.turnAway(waiter, error);
    this.#journal.shed(error);`,
    replace: `    this.#journal.shed(error);
    this.#queue.turnAway(waiter, error);`,
    seenIn: HERE,
    breaks: 8,
  },
  {
    id: 'reserved-not-heard-of',
    bug: 'A reserved connection that was idle while the process stood still is lent to somebody without a ping',
    file: 'pool.ts',
    find: `    if (this.options.reserved > 0) this.#noteThaw();
`,
    replace: '',
    seenIn: HERE,
    breaks: 5,
  },
];
