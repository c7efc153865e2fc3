import type { CallSite } from './call-site.ts';
import { Histogram } from './histogram.ts';
import type { DurationSummary } from './histogram.ts';
import type { LeaseRecord } from './lease-record.ts';
import { printable } from './printable.ts';

/** How a place's own habits become a threshold. */
export interface AdaptiveThreshold {
  /** How many times the 99th percentile of the place's hold times. @default 20 */
  readonly factor: number;
  /** Never below this. Milliseconds. @default 10000 */
  readonly floorMs: number;
  /** Leases that a place must have given back before its habits count. @default 200 */
  readonly minLeases: number;
}

/** One place in the code that acquires, as data. Its figures are of the leases whose stack was recorded and read. */
export interface SiteView {
  /** Eight hexadecimal digits; the same in every process that runs this code. */
  readonly fingerprint: string;
  readonly site: CallSite | undefined;
  readonly label: string | undefined;
  /** Leases of this place that are over. */
  readonly leases: number;
  readonly holdTime: DurationSummary;
  /** Share of the hold time in which no query ran, from 0 to 1. */
  readonly idleShare: number;
  /** Time that others waited, as far as leases of this place are to blame; see {@link WaitLedger}. */
  readonly waitsCausedMs: number;
  /** Leases of this place that were reported as leaks. */
  readonly leaks: number;
  /** The threshold by this place's own habits; `undefined` until there are enough leases. */
  readonly adaptiveThresholdMs: number | undefined;
}

/** What is known of one place in the code. */
export class SiteStats {
  readonly key: string;
  readonly site: CallSite | undefined;
  readonly label: string | undefined;
  readonly #holdTime = new Histogram();
  #heldMs = 0;
  #busyMs = 0;
  #waitsCausedMs = 0;
  leaks = 0;

  constructor(key: string, site: CallSite | undefined, label: string | undefined) {
    this.key = key;
    this.site = site;
    this.label = label;
  }

  get waitsCausedMs(): number {
    return this.#waitsCausedMs;
  }

  get heldMs(): number {
    return this.#heldMs;
  }

  /** The 99th percentile of its hold times, in milliseconds. */
  get p99Ms(): number {
    return this.#holdTime.percentileMs(0.99);
  }

  get leases(): number {
    return this.#holdTime.count;
  }

  /** A lease of this place is over. */
  closed(record: LeaseRecord, heldMs: number, waitsCausedMs: number): void {
    this.#holdTime.record(heldMs);
    this.#heldMs += heldMs;
    this.#busyMs += Math.min(record.busyMs, heldMs);
    this.#waitsCausedMs += waitsCausedMs;
  }

  /** `factor` times the 99th percentile, but not below the floor; `undefined` while there are too few leases. */
  adaptiveThresholdMs(adaptive: AdaptiveThreshold | false): number | undefined {
    if (adaptive === false || this.leases < adaptive.minLeases) return undefined;
    return Math.max(adaptive.floorMs, adaptive.factor * this.p99Ms);
  }

  view(adaptive: AdaptiveThreshold | false): SiteView {
    return Object.freeze({
      fingerprint: fingerprintOf(this.key),
      site: this.site,
      label: this.label === undefined ? undefined : printable(this.label),
      leases: this.leases,
      holdTime: this.#holdTime.summary(),
      idleShare: this.#heldMs === 0 ? 0 : 1 - this.#busyMs / this.#heldMs,
      waitsCausedMs: this.#waitsCausedMs,
      leaks: this.leaks,
      adaptiveThresholdMs: this.adaptiveThresholdMs(adaptive),
    });
  }
}

/** FNV-1a, 32 bits: short enough to be read aloud, and no two of a few hundred places are likely to share it. */
export function fingerprintOf(key: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index += 1) {
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}
