import { printable } from '@lifeguard/core/adapter';

interface Named {
  readonly name: string;
}

const remembered = new WeakMap<Named, string>();

/**
 * The name by which each pool is shown: its own, or, where several have the same, that with a number: `main`, `main-2`. A pool
 * keeps what it was given, also when the other one is closed: a counter must not go on as that of another pool.
 */
export function labelPools<P extends Named>(
  pools: readonly P[],
  memory: WeakMap<Named, string> = remembered,
): ReadonlyMap<P, string> {
  const labels = new Map<P, string>();
  const taken = new Set<string>();
  const give = (pool: P, label: string): void => {
    labels.set(pool, label);
    taken.add(label);
  };
  for (const pool of pools) {
    const known = memory.get(pool);
    if (known !== undefined && !taken.has(known)) give(pool, known);
  }
  for (const pool of pools) {
    if (labels.has(pool)) continue;
    const label = firstFree(printable(pool.name), taken);
    give(pool, label);
    if (!memory.has(pool)) memory.set(pool, label);
  }
  return labels;
}

/** A name that none of the `taken` has: `main`, `main-2`. */
export function firstFree(name: string, taken: ReadonlySet<string>): string {
  let label = name;
  for (let number = 2; taken.has(label); number += 1) label = `${name}-${number}`;
  return label;
}
