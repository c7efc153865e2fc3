import type { Call } from './calls.ts';
import type { Judge } from './judge.ts';
import { codeOf } from './refusals.ts';
import type { World } from './world.ts';

/**
 * A failed connect of which the callers must hear: somebody who waits, or everybody when no connection is left. By the end of
 * the step they must have been turned away, or served by another one. Who is first is the business of the order oracle.
 */
export class ToldOracle {
  readonly #judge: Judge;
  #somebodyOf: (readonly Call[])[] = [];

  constructor(judge: Judge) {
    this.#judge = judge;
  }

  failed({ calls, server, options, faults, isClosing }: World, failure: unknown): void {
    // What a connector says of a failure is not heard when it throws.
    const isFatal = codeOf(failure) === 'fatal' && faults.hookThrows === 0;
    if (isClosing || (options.retryConnect && !isFatal)) return;
    const present = [...calls.waiting].filter(({ lent }) => lent === undefined);
    const isLastHope = [...server.live].every(({ isKept }) => !isKept);
    if (isLastHope) this.#somebodyOf.push(...present.map((call) => [call]));
    else if (present.length > 0) this.#somebodyOf.push(present);
  }

  /** The end of a step. */
  check(): void {
    for (const group of this.#somebodyOf)
      this.#judge.expect(
        group.some(({ state }) => state !== 'waiting'),
        'I4',
        () => `${group[0]?.label} was not told of a failed connect`,
      );
    this.#somebodyOf = [];
  }
}
