/** A context that is active, and those that `enter` has left behind it. */
export interface Entered {
  readonly context: object;
  readonly outer: Entered | undefined;
  readonly depth: number;
}

/** Contexts that can be gone back to. Whoever enters without exit in a loop must not keep all of them. */
const MAX_DEPTH = 256;

/** `context` inside of what was active. */
export function entering(context: object, outer: Entered | undefined): Entered {
  // The oldest of too many are forgotten all at once, which costs nothing in between.
  const kept = outer !== undefined && outer.depth >= MAX_DEPTH ? undefined : outer;
  return { context, outer: kept, depth: (kept?.depth ?? 0) + 1 };
}

/** What is active once `context` has been left, wherever among those entered it is; throws when it is not there. */
export function exiting(context: object, active: Entered | undefined): Entered | undefined {
  if (active?.context === context) return active.outer;
  const above: Entered[] = [];
  let entered = active;
  while (entered !== undefined && entered.context !== context) {
    above.push(entered);
    entered = entered.outer;
  }
  if (entered === undefined) throw new Error("context not currently entered; can't exit.");
  return above.reduceRight<Entered | undefined>(
    (outer, each) => entering(each.context, outer),
    entered.outer,
  );
}
