import { logSafely } from '@lifeguard/core/adapter';
import type { Logger } from '@lifeguard/core';
import type { AlertNotification } from './alert.ts';
import { alertText } from './alert-text.ts';

/** Where alerts go. */
export interface AlertSink {
  /** Takes it and returns soon; what it throws, or rejects, is logged and goes no further. */
  send(notification: AlertNotification): unknown;
  /** Resolves when all is delivered, or `deadlineMs` later: with how many are not. */
  flush?(deadlineMs: number): Promise<number>;
}

/** Into the log: `error` for what is critical and not over, else `warn`. */
export function logSink(logger: Logger): AlertSink {
  return {
    send(notification) {
      const isBad = notification.severity === 'critical' && notification.status !== 'resolved';
      const fields = { code: 'LG_ALERT', alert: notification };
      logSafely(logger, isBad ? 'error' : 'warn', fields, alertText(notification));
    },
  };
}
