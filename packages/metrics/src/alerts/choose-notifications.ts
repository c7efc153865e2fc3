import type { Alert } from './alert.ts';
import type { AlertEntry } from './alert-entry.ts';

/** Something that should be told now. */
export interface DueAlert {
  readonly entry: AlertEntry;
  readonly status: Alert['status'];
}

const BY_STATUS: Readonly<Record<Alert['status'], number>> = { firing: 0, resolved: 1, reminder: 2 };

/**
 * Which of those are told each by itself, the most urgent first, and which together in one, so that no more than `left`
 * notifications come of it. With none left, all wait.
 */
export function chooseNotifications(
  due: readonly DueAlert[],
  left: number,
): { readonly single: readonly DueAlert[]; readonly together: readonly DueAlert[] } {
  if (left <= 0) return { single: [], together: [] };
  const sorted = due.toSorted((a, b) => urgency(a) - urgency(b));
  if (sorted.length <= left) return { single: sorted, together: [] };
  return { single: sorted.slice(0, left - 1), together: sorted.slice(left - 1) };
}

function urgency({ entry, status }: DueAlert): number {
  return (entry.rule.severity === 'critical' ? 0 : 10) + BY_STATUS[status];
}
