import { RANKS } from './accounts.ts';
import type { Call } from './calls.ts';
import type { Suspect } from './order-oracle.ts';
import { mustBeGone } from './refusals.ts';
import { ordinaryLeft } from './reserve.ts';
import type { World } from './world.ts';

/** A class that was passed over so often in a row is next. */
const MOST_PASSES = 20;
/** Of those who wait some may be on the way out, which cannot be seen: so many passes may have been counted in error. */
const MISCOUNTED = 3;

/** Others who wait: all of them, and those who are in the queue for sure. */
interface Others {
  readonly others: readonly Call[];
  readonly queued: readonly Call[];
}

/** Urgent callers go first, but a class that was passed over twenty times in a row is next. */
export class ClassOrder {
  /** How often each was passed over, at most and at least. */
  readonly #most = [0, 0, 0];
  readonly #least = [0, 0, 0];

  granted(world: World, call: Call, { others, queued }: Others, suspect: Suspect): void {
    if (others.every(({ priority }) => priority === call.priority) && this.#most.every((each) => each === 0))
      return;
    const rank = RANKS[call.priority];
    const most = this.#most[rank] as number;
    const isDue = most >= MOST_PASSES;
    let isOut = false;
    const left = ordinaryLeft(world);
    for (const other of queued) {
      const its = RANKS[other.priority];
      if (its < rank) {
        isOut ||= isDue;
        if (!isDue)
          suspect(
            [other],
            `${call.label} (${call.priority}) went before ${other.label} (${other.priority}), and was passed over ${most} times`,
          );
      }
      const passes = this.#least[its] as number;
      if (its > rank && left > 0 && passes > MOST_PASSES + MISCOUNTED)
        suspect([other], `${other.label} (${other.priority}) was passed over ${passes} times`);
    }
    if (isOut) world.note('class-due', call.label);
    if (others.some((each) => each.id < call.id && RANKS[each.priority] > rank))
      world.note('urgent-first', call.label);
    this.#count(world, call, { others, queued });
  }

  #count(world: World, call: Call, { others, queued }: Others): void {
    const rank = RANKS[call.priority];
    for (let below = rank + 1; below < 3; below += 1) {
      const isBelow = ({ priority }: Call): boolean => RANKS[priority] === below;
      const wasThere = (each: Call): boolean =>
        isBelow(each) && each.step < world.steps && !mustBeGone(world, each);
      if (others.some(isBelow)) this.#most[below] = (this.#most[below] as number) + 1;
      if (queued.some(wasThere)) this.#least[below] = (this.#least[below] as number) + 1;
    }
    this.#least[rank] = 0;
    // Who finds a connection at once takes nobody's turn.
    if (!world.calls.isEntering(call)) this.#most[rank] = 0;
  }
}
