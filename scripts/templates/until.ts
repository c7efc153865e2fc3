import { setTimeout as delay } from 'node:timers/promises';

/** Looks again and again until `condition` holds; rejects when it does not within `limitMs`. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs = 20_000,
): Promise<void> {
  for (const giveUpAt = Date.now() + limitMs; !(await condition()); await delay(25)) {
    if (Date.now() > giveUpAt) throw new Error(`not within ${limitMs} ms: ${what}`);
  }
}
