import type { AcquirePriority, Session } from '@lifeguard/core';

/** How urgent somebody's work is, and on whose behalf it is done, as far as that is said. */
export interface Account {
  readonly priority?: AcquirePriority;
  readonly tenant?: string;
}

/** What a call counts as. */
export interface FullAccount {
  readonly priority: AcquirePriority;
  readonly tenant: string | undefined;
}

/** The place of a priority; 0 is the most urgent. */
export const RANKS: Readonly<Record<AcquirePriority, number>> = { high: 0, normal: 1, low: 2 };

/** By its own word, or that of the innermost session around that says something. */
export function accountOf(
  own: Account,
  innermost: Session | undefined,
  said: ReadonlyMap<Session, Account>,
): FullAccount {
  let { priority, tenant } = own;
  for (let session = innermost; session !== undefined; session = session.parent) {
    priority ??= said.get(session)?.priority;
    tenant ??= said.get(session)?.tenant;
  }
  return { priority: priority ?? 'normal', tenant };
}
