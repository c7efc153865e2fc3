import { RANKS } from './accounts.ts';
import type { Call } from './calls.ts';
import { ClassOrder } from './class-order.ts';
import { judgeLine } from './line-order.ts';
import { TenantOrder } from './tenant-order.ts';
import type { World } from './world.ts';

/** What is wrong with a grant, unless one of these was on the way out: somebody who waited, and was passed over. */
export interface Suspicion {
  readonly passed: readonly Call[];
  readonly what: string;
}

/**
 * Who is next: by priority, then by what the tenants hold, then first come, first served. Who is passed over in a grant against
 * this must have been on the way out (a deadline, a signal), so by the end of the same step they must have been turned away;
 * and they must not be served later in that step.
 */
export class OrderOracle {
  readonly #classes = new ClassOrder();
  readonly #tenants = new TenantOrder();
  readonly #suspicions: Suspicion[] = [];

  /** A lease is given to this call now. */
  granted(world: World, call: Call): void {
    const { calls } = world;
    const others = [...calls.waiting].filter((each) => each !== call && each.lent === undefined);
    const line = others.filter((each) => each.tenant === call.tenant && each.priority === call.priority);
    const suspect = (passed: readonly Call[], what: string): void =>
      void this.#suspicions.push({ passed, what });
    // Whose call has not returned may not be in the queue yet.
    const queued = others.filter((each) => !calls.isEntering(each));
    judgeLine(world, call, line, suspect);
    this.#classes.granted(world, call, { others, queued }, suspect);
    const peers = queued.filter(
      (each) => RANKS[each.priority] === RANKS[call.priority] && each.tenant !== call.tenant,
    );
    this.#tenants.granted(world, call, peers, suspect);
    calls.grants += 1;
  }

  /** The step is over, and everybody has heard what there is to hear. */
  check({ judge }: World): void {
    for (const { passed, what } of this.#suspicions.splice(0))
      judge.expect(
        passed.some(({ state }) => state === 'refused'),
        'I6',
        () => what,
      );
  }
}

/** Tells of somebody who seems to have been passed over. */
export type Suspect = (passed: readonly Call[], what: string) => void;
