/** Taken before any test can put a clock of its own in their place. */
const { setTimeout, performance } = globalThis;

/** Between two looks. */
const PAUSE_MS = 5;

/** What `find` still finds after `graceMs` milliseconds; looks at once, and again until it finds nothing. */
export async function withinGrace<T>(find: () => T[], graceMs: number): Promise<T[]> {
  const giveUpAt = performance.now() + graceMs;
  for (let found = find(); ; found = find()) {
    if (found.length === 0 || performance.now() >= giveUpAt) return found;
    await new Promise((resolve) => {
      setTimeout(resolve, PAUSE_MS);
    });
  }
}
