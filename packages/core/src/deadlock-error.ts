import type { Waiter } from './acquire-queue.ts';
import { formatCallSite } from './call-site.ts';
import type { CallSite } from './call-site.ts';
import { formatDuration } from './error-report.ts';
import { PoolDeadlockError } from './errors.ts';
import { siteOfOrigin } from './lease-record.ts';
import type { LeaseRecord } from './lease-record.ts';
import type { PoolCounts } from './snapshot.ts';

/** Links shown; a pool of a hundred connections needs no more to be understood. */
const MAX_LINKS = 8;

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
  const shown = chain.slice(0, MAX_LINKS).map(formatLink);
  if (chain.length > shown.length) shown.push(`and ${chain.length - shown.length} more`);
  return new PoolDeadlockError({
    summary: `all ${counts.max} connections of pool "${counts.name}" are held by code that waits for another one of it`,
    rows: [
      ['you', formatCallSite(siteOfOrigin(youngest.parts.origin))],
      ['chain', shown],
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
  for (const { holdsUp, parts } of waiters) {
    for (const record of holdsUp) {
      if (links.has(record)) continue;
      links.set(
        record,
        Object.freeze({
          leaseId: record.id,
          heldMs: record.heldMs(now),
          heldAt: record.trace().site,
          waitsAt: siteOfOrigin(parts.origin),
          session: record.session?.name,
        }),
      );
    }
  }
  return [...links.values()];
}

function formatLink({ leaseId, heldMs, heldAt, waitsAt, session }: DeadlockLink): string {
  const title = session === undefined ? '' : ` "${session}"`;
  const held = `${formatCallSite(heldAt)}${title}`;
  return `lease #${leaseId} of ${held}, since ${formatDuration(heldMs)}, waits at ${formatCallSite(waitsAt)}`;
}
