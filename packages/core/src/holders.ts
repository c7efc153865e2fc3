import { formatCallSite, formatPlace } from './call-site.ts';
import { formatDuration } from './error-report.ts';
import type { HolderView, LeaseView } from './snapshot.ts';

/** Groups open leases by the place that took them, the place that holds longest first. */
export function groupHolders(leases: readonly LeaseView[]): HolderView[] {
  const groups = new Map<string, LeaseView[]>();
  for (const lease of leases) {
    const key = `${lease.label ?? ''}|${formatCallSite(lease.site)}`;
    const group = groups.get(key);
    if (group) group.push(lease);
    else groups.set(key, [lease]);
  }
  return [...groups.values()].map(toHolder).sort((a, b) => b.maxHeldMs - a.maxHeldMs);
}

/** One line: `6× src/orders.ts:42 createOrder  38s–41s  idle in transaction  ← suspected leak`. */
export function formatHolder(holder: HolderView): string {
  const low = formatDuration(holder.minHeldMs);
  const high = formatDuration(holder.maxHeldMs);
  const place = formatPlace(holder.label, holder.site);
  const mark = holder.suspected > 0 ? '  ← suspected leak' : '';
  return `${holder.count}× ${place}  ${low === high ? low : `${low}–${high}`}  ${holder.state}${mark}`;
}

function toHolder(leases: readonly LeaseView[]): HolderView {
  const held = leases.map((lease) => lease.heldMs);
  const first = leases[0] as LeaseView;
  return Object.freeze({
    site: first.site,
    label: first.label,
    count: leases.length,
    minHeldMs: Math.min(...held),
    maxHeldMs: Math.max(...held),
    state: mostCommon(leases.map(shortState)),
    suspected: leases.filter((lease) => lease.suspected).length,
  });
}

function shortState(lease: LeaseView): string {
  if (lease.queryRunning) return 'active';
  if (lease.transaction === 'open' || lease.transaction === 'failed') return 'idle in transaction';
  return lease.queries === 0 ? 'no query yet' : 'idle';
}

function mostCommon(states: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const state of states) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].reduce((best, each) => (each[1] > best[1] ? each : best))[0];
}
