import { setTimeout as delay } from 'node:timers/promises';

/** Looks again and again until `condition` holds. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs = 5_000,
): Promise<void> {
  for (const giveUpAt = Date.now() + limitMs; !(await condition()); await delay(5)) {
    if (Date.now() > giveUpAt) throw new Error(`not within ${limitMs} ms: ${what}`);
  }
}
