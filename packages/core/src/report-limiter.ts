import { BoundedMap } from './bounded-map.ts';

interface Entry {
  readonly loggedAt: number;
  unlogged: number;
}

/** Lets one report of a kind into the log in each interval, and counts the others, so that a bad day does not fill a disk. */
export class ReportLimiter {
  readonly #intervalMs: number;
  readonly #entries: BoundedMap<string, Entry>;

  constructor(intervalMs: number, maxKeys: number) {
    this.#intervalMs = intervalMs;
    this.#entries = new BoundedMap(maxKeys);
  }

  /**
   * `undefined` when one like it was logged within the interval; else how many like it were not logged since the last one
   * that was.
   */
  admit(key: string, now: number): number | undefined {
    const entry = this.#entries.get(key);
    if (entry !== undefined && now - entry.loggedAt < this.#intervalMs) {
      entry.unlogged += 1;
      return undefined;
    }
    this.#entries.set(key, { loggedAt: now, unlogged: 0 });
    return entry?.unlogged ?? 0;
  }
}
