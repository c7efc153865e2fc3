/** Taken before any test can put a clock of its own in its place. */
const { setTimeout } = globalThis;

/** Between two looks. */
const PAUSE_MS = 5;

/**
 * What `find` still finds after `graceMs` milliseconds; looks at once, and again until it finds nothing. Time in which the event
 * loop was blocked does not count: nobody could have given back anything.
 */
export async function withinGrace<T>(find: () => T[], graceMs: number): Promise<T[]> {
  for (let looks = Math.ceil(graceMs / PAUSE_MS); ; looks -= 1) {
    const found = find();
    if (found.length === 0 || looks <= 0) return found;
    await new Promise((resolve) => {
      setTimeout(resolve, PAUSE_MS);
    });
  }
}
