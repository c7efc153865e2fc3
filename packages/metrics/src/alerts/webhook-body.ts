import { createHmac } from 'node:crypto';
import { hostname } from 'node:os';
import process from 'node:process';
import { formatDuration } from '@lifeguard/core/adapter';
import type { AlertNotification } from './alert.ts';
import { alertTitle, describeHolder } from './alert-text.ts';

/** Slack cuts longer ones, in the middle of a word. */
const MOST_CHARACTERS = 3_000;

/** What is sent as JSON. */
export interface WebhookPayload {
  readonly schemaVersion: 1;
  readonly source: string;
  readonly alert: AlertNotification;
}

/** The body of a request. */
export function webhookBody(
  notification: AlertNotification,
  format: 'json' | 'slack',
  source: string = `${hostname()} (pid ${process.pid})`,
): string {
  if (format === 'slack') return JSON.stringify({ text: slackText(notification, source) });
  const payload: WebhookPayload = { schemaVersion: 1, source, alert: notification };
  return JSON.stringify(payload);
}

/** The header by which a receiver knows that a body is from whoever has the secret, and from when. */
export function signatureOf(body: string, secret: string, wallTime: number): string {
  const seconds = Math.floor(wallTime / 1_000);
  const mac = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
  return `t=${seconds},v1=${mac}`;
}

function slackText(notification: AlertNotification, source: string): string {
  const title = alertTitle(notification).replace('LG_ALERT: ', '');
  const lines = [`*${escape(title)}*`, ...detailsOf(notification).map(escape), `_${escape(source)}_`];
  return lines.join('\n').slice(0, MOST_CHARACTERS);
}

function detailsOf(notification: AlertNotification): readonly string[] {
  if (notification.status === 'more') return notification.alerts.map(({ id, status }) => `• ${id} ${status}`);
  const { evidence, fix, lastedMs, holder, status } = notification;
  return [
    `for ${formatDuration(lastedMs)}`,
    ...evidence.map((line) => `• ${line}`),
    ...(holder === null ? [] : [`• held by ${describeHolder(notification)}`]),
    ...(status === 'resolved' ? [] : [`what to do: ${fix}`]),
  ];
}

/** What Slack reads as links, mentions and entities. */
function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
