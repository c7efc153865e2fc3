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
  readonly #each: Call[] = [];
  readonly #somebodyOf: (readonly Call[])[] = [];

  constructor(judge: Judge) {
    this.#judge = judge;
  }

  failed({ calls, server, options, faults, isClosing }: World, failure: unknown): void {
    // What a connector says of a failure is not heard when it throws.
    const isFatal = codeOf(failure) === 'fatal' && faults.hookThrows === 0;
    if (isClosing || (options.retryConnect && !isFatal)) return;
    const present = [...calls.waiting].filter(({ lent }) => lent === undefined);
    const isLastHope = [...server.live].every(({ isKept }) => !isKept);
    if (isLastHope) this.#each.push(...present);
    else if (present.length > 0) this.#somebodyOf.push(present);
  }

  /** The end of a step. */
  check({ calls, steps }: World): void {
    const isTold = ({ state }: Call): boolean => state !== 'waiting';
    // One that came when a listener was told of the failure has waited for no less than others who came in this moment.
    const isNewcomerTold = (): boolean =>
      calls.refused.some(
        (call) => call.step === steps - 1 && call.refusedWith?.startsWith('LG_CONNECT') === true,
      );
    for (const call of this.#each.splice(0)) this.#expect(isTold(call), call);
    for (const group of this.#somebodyOf.splice(0))
      this.#expect(group.some(isTold) || isNewcomerTold(), group[0]);
  }

  #expect(isTold: boolean, call: Call | undefined): void {
    this.#judge.expect(isTold, 'I4', () => `${call?.label} was not told of a failed connect`);
  }
}
