/**
 * How urgent an acquire is. Whoever waits with a higher priority is served first, and only `high` may use `reserved`
 * connections: health checks, an admin's page, what must work while everything else is stuck.
 */
export type AcquirePriority = 'high' | 'normal' | 'low';

/** From the most to the least urgent. */
export const PRIORITIES: readonly AcquirePriority[] = ['high', 'normal', 'low'];

/** The place of a priority among them; 0 is the most urgent. */
export type Rank = 0 | 1 | 2;

const RANKS: Readonly<Record<AcquirePriority, Rank>> = { high: 0, normal: 1, low: 2 };

export function priorityOfRank(rank: Rank): AcquirePriority {
  return PRIORITIES[rank] as AcquirePriority;
}

export function rankOf(priority: AcquirePriority): Rank {
  return RANKS[priority];
}
