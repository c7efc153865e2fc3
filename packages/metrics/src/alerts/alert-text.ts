import { formatDuration, renderReport } from '@lifeguard/core/adapter';
import type { Alert, AlertNotification } from './alert.ts';

const STATUS: Readonly<Record<Alert['status'], string>> = {
  firing: 'fires',
  reminder: 'still fires',
  resolved: 'is over',
};

/** A notification as our errors and leak reports read. */
export function alertText(notification: AlertNotification): string {
  if (notification.status === 'more') return renderReport(alertTitle(notification), []);
  const { evidence, fix, rule, holder, since, lastedMs, status } = notification;
  return renderReport(alertTitle(notification), [
    ['since', `${since}, for ${formatDuration(lastedMs)}`],
    ['evidence', evidence],
    ...(holder === null ? [] : [['held by', describeHolder(notification)] as const]),
    ...(status === 'resolved' ? [] : [['fix', fix] as const]),
    ['more', `docs/alerts.md#${rule}`],
  ]);
}

/** The first line of it. */
export function alertTitle(notification: AlertNotification): string {
  if (notification.status === 'more') return `LG_ALERT: ${notification.summary}`;
  const { rule, pool, severity, summary, status } = notification;
  const subject = pool === null ? rule : `${rule} of pool "${pool}"`;
  return `LG_ALERT: ${severity} ${subject} ${STATUS[status]}: ${summary}`;
}

/** Of who holds most; an empty text where nobody does. */
export function describeHolder({ holder, rule }: Alert): string {
  if (holder === null) return '';
  const what = rule === 'leaks' ? 'suspected' : 'connections';
  return `${holder.place} (${holder.count} ${what}, for up to ${formatDuration(holder.maxHeldMs)})`;
}
