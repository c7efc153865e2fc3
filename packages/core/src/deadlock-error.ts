import { formatCallSite, formatPlace } from './call-site.ts';
import type { CallSite } from './call-site.ts';
import { formatDuration } from './error-report.ts';
import { PoolDeadlockError } from './errors.ts';
import { siteOfOrigin } from './lease-record.ts';
import type { LeaseRecord } from './lease-record.ts';
import type { PoolCounts } from './snapshot.ts';
import type { Waiter } from './waiter.ts';

/** Lines shown. Leases that are held at the same line, and wait at the same one, share a line. */
const MAX_LINES = 8;

/** One link of a deadlock: a lease, and a caller whose wait keeps it from coming back. */
export interface DeadlockLink {
  readonly leaseId: number;
  readonly heldMs: number;
  /** Where the lease was acquired. */
  readonly heldAt: CallSite | undefined;
  /** Where the caller inside its block waits. */
  readonly waitsAt: CallSite | undefined;
  readonly session: string | undefined;
}

/** Every connection is held by code that waits for one: says which line holds, and which waits. */
export function poolDeadlockError<L extends object>(
  counts: PoolCounts,
  youngest: Waiter<L>,
  waiters: readonly Waiter<L>[],
  now: number,
): PoolDeadlockError {
  const chain = linksOf(waiters, now);
  return new PoolDeadlockError({
    summary: `all ${counts.max} connections of pool "${counts.name}" are held by code that waits for another one of it`,
    rows: [
      ['you', formatPlace(youngest.origin.label, siteOfOrigin(youngest.origin))],
      ['chain', chainLines(chain)],
      ['likely', 'a query with the pool inside a transaction or use() block, instead of with its connection'],
      [
        'fix',
        'pass the connection on, at the lines that wait; a larger pool only makes this rarer. You were turned away as the last to come, so that the others can go on',
      ],
    ],
    pool: counts,
    chain,
  });
}

function linksOf<L extends object>(waiters: readonly Waiter<L>[], now: number): DeadlockLink[] {
  const links = new Map<LeaseRecord, DeadlockLink>();
  for (const { holdsUp, origin } of waiters) {
    for (const record of holdsUp) {
      if (links.has(record)) continue;
      links.set(
        record,
        Object.freeze({
          leaseId: record.id,
          heldMs: record.heldMs(now),
          heldAt: record.trace().site,
          waitsAt: siteOfOrigin(origin),
          session: record.session?.name,
        }),
      );
    }
  }
  return [...links.values()];
}

function chainLines(chain: readonly DeadlockLink[]): string[] {
  const alike = new Map<string, DeadlockLink[]>();
  for (const link of chain) {
    const line = formatLink(link);
    const others = alike.get(line);
    if (others === undefined) alike.set(line, [link]);
    else others.push(link);
  }
  const lines = [...alike].map(([line, links]) => `${links.length}× ${line} (held ${rangeOf(links)})`);
  if (lines.length <= MAX_LINES) return lines;
  return [...lines.slice(0, MAX_LINES), `and ${lines.length - MAX_LINES} more`];
}

function formatLink({ heldAt, waitsAt, session }: DeadlockLink): string {
  const title = session === undefined ? '' : ` "${session}"`;
  return `${formatCallSite(heldAt)}${title} waits at ${formatCallSite(waitsAt)}`;
}

function rangeOf(links: readonly DeadlockLink[]): string {
  const held = links.map(({ heldMs }) => heldMs);
  const [shortest, longest] = [formatDuration(Math.min(...held)), formatDuration(Math.max(...held))];
  return shortest === longest ? shortest : `${shortest}–${longest}`;
}
