import { BoundedMap } from './bounded-map.ts';
import type { CallSite } from './call-site.ts';
import type { LeaseRecord } from './lease-record.ts';
import { SiteStats } from './site-stats.ts';
import type { AdaptiveThreshold, SiteView } from './site-stats.ts';

/** Places shown in a snapshot. */
const MAX_VIEWS = 20;

/** The places in the code that acquire, at most so many: those that were not seen for longest are forgotten. */
export class SiteRegistry {
  readonly #sites: BoundedMap<string, SiteStats>;
  readonly #adaptive: AdaptiveThreshold | false;

  constructor(options: { readonly maxSites: number; readonly adaptiveThreshold: AdaptiveThreshold | false }) {
    this.#sites = new BoundedMap(options.maxSites);
    this.#adaptive = options.adaptiveThreshold;
  }

  /** Places known now. */
  get size(): number {
    return this.#sites.size;
  }

  /** The place of a lease; `undefined` when neither a label nor a stack tells it. Reads the stack. */
  of(record: LeaseRecord): SiteStats | undefined {
    const site = record.label === undefined ? record.site() : undefined;
    const key = siteKey(site, record.label);
    if (key === undefined) return undefined;
    let stats = this.#sites.get(key);
    if (stats === undefined) this.#sites.set(key, (stats = new SiteStats(key, site, record.label)));
    return stats;
  }

  /** The threshold by the habits of the lease's place; `undefined` where they are not known, or cannot matter yet. */
  adaptiveMs(record: LeaseRecord, now: number): number | undefined {
    if (this.#adaptive === false || record.heldMs(now) < this.#adaptive.floorMs) return undefined;
    return this.of(record)?.adaptiveThresholdMs(this.#adaptive);
  }

  /** Those that made others wait longest, then those that held longest. */
  top(): SiteView[] {
    return [...this.#sites.values()]
      .sort((a, b) => b.waitsCausedMs - a.waitsCausedMs || b.heldMs - a.heldMs)
      .slice(0, MAX_VIEWS)
      .map((stats) => stats.view(this.#adaptive));
  }
}

/** Tells places apart: by the label where there is one, else by file, line and column. */
function siteKey(site: CallSite | undefined, label: string | undefined): string | undefined {
  if (label !== undefined) return `label:${label}`;
  return site === undefined ? undefined : `${site.file}:${site.line}:${site.column}`;
}
