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
];
