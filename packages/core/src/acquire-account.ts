import type { AcquirePriority } from './acquire-priority.ts';
import type { Session } from './session.ts';

/** Who says how urgent an acquire is, and on whose behalf. */
export interface AcquireAccount {
  /** @default that of its session, or `normal` */
  readonly priority?: AcquirePriority;
  /** @default what its session has under `tenantTag` */
  readonly tenant?: string;
}

/** How urgent it is: by its own word, or by that of its session. */
export function priorityOf({ priority }: AcquireAccount, session: Session | undefined): AcquirePriority {
  return priority ?? session?.priority ?? 'normal';
}

/** On whose behalf it is: by its own word, or by the innermost session around that has the tag. */
export function tenantOf(
  { tenant }: AcquireAccount,
  innermost: Session | undefined,
  tag: string | undefined,
): string | undefined {
  if (tenant !== undefined || tag === undefined) return tenant;
  for (let session = innermost; session !== undefined; session = session.parent) {
    if (Object.hasOwn(session.tags, tag)) return session.tags[tag];
  }
  return undefined;
}
