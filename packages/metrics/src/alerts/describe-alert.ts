import { formatCallSite } from '@lifeguard/core';
import type { Clock, HolderView, PoolSnapshot } from '@lifeguard/core';
import type { Alert, AlertHolder, MoreAlerts } from './alert.ts';
import type { AlertEntry } from './alert-entry.ts';
import type { DueAlert } from './choose-notifications.ts';

/** Those that are listed of many. */
const MOST_LISTED = 50;

/** What is told of one entry. */
export function describeAlert(
  entry: AlertEntry,
  status: Alert['status'],
  holder: AlertHolder | undefined,
  clock: Pick<Clock, 'now' | 'wallTime'>,
): Alert {
  const { rule, limits, pool, measurement, state } = entry;
  const now = clock.now();
  const since = state.phase === 'ok' ? now : state.since;
  const until = state.phase === 'resolved' ? state.resolvedAt : now;
  return Object.freeze({
    schemaVersion: 1,
    status,
    id: entry.id,
    rule: rule.id,
    severity: rule.severity,
    pool: pool ?? null,
    summary: measurement.summary,
    evidence: Object.freeze([...measurement.evidence]),
    fix: rule.fix,
    value: measurement.value,
    above: limits.above,
    at: isoOf(clock.wallTime()),
    since: isoOf(clock.wallTime() - (now - since)),
    lastedMs: Math.round(until - since),
    holder: holder ?? null,
  });
}

/** What is told of several, in one. */
export function describeMore(due: readonly DueAlert[], clock: Pick<Clock, 'wallTime'>): MoreAlerts {
  const counts = new Map<string, number>();
  for (const { entry, status } of due) {
    const what = `${entry.rule.id} ${status === 'reminder' ? 'still firing' : status}`;
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  const parts = [...counts].map(([what, count]) => `${count}× ${what}`);
  return Object.freeze({
    schemaVersion: 1,
    status: 'more',
    summary: `and ${due.length} more: ${parts.join(', ')}`,
    severity: due.some(({ entry }) => entry.rule.severity === 'critical') ? 'critical' : 'warning',
    count: due.length,
    alerts: Object.freeze(due.slice(0, MOST_LISTED).map(brief)),
    at: isoOf(clock.wallTime()),
  });
}

/** Who holds most; of a rule that is about leaks, most of those that are suspected. */
export function worstHolder(
  snapshot: PoolSnapshot,
  names: 'holders' | 'suspects' | undefined,
): AlertHolder | undefined {
  if (names === undefined) return undefined;
  const weight = names === 'suspects' ? suspectsOf : countOf;
  const [worst] = snapshot.holders.toSorted((a, b) => weight(b) - weight(a));
  if (worst === undefined || weight(worst) === 0) return undefined;
  return Object.freeze({
    place: worst.label ?? formatCallSite(worst.site),
    count: weight(worst),
    maxHeldMs: Math.round(worst.maxHeldMs),
  });
}

function brief({ entry, status }: DueAlert): MoreAlerts['alerts'][number] {
  const { id, rule, pool } = entry;
  return Object.freeze({ id, status, rule: rule.id, severity: rule.severity, pool: pool ?? null });
}

function suspectsOf({ suspected }: HolderView): number {
  return suspected;
}

function countOf({ count }: HolderView): number {
  return count;
}

function isoOf(wallTime: number): string {
  return new Date(wallTime).toISOString();
}
