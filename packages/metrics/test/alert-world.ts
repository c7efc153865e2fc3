import { onTestFinished } from 'vitest';
import type { Clock } from '@lifeguard/core';
import { ManualClock } from '@lifeguard/core/testing';
import { Alerts } from '../src/alerts/alerts.ts';
import type { AlertNotification, AlertOptions } from '../src/alerts/index.ts';
import { FakePool } from './fake-pool.ts';

/** A notification and when it came. */
export interface Heard {
  readonly at: number;
  readonly notification: AlertNotification;
}

interface World {
  readonly alerts: Alerts;
  readonly clock: ManualClock;
  readonly pool: FakePool;
  readonly heard: Heard[];
  /** What was heard, one line each: `firing usage-high/main`. */
  lines(): string[];
  readonly logged: string[];
}

/** Alerts on a clock that stands still, over one pool unless said otherwise. */
export function watchWorld(
  options: AlertOptions = {},
  clock: ManualClock & Clock = new ManualClock(),
): World {
  const pool = new FakePool();
  const heard: Heard[] = [];
  const logged: string[] = [];
  const logger = {
    warn: (_: object, text: string) => void logged.push(`warn ${text}`),
    error: (_: object, text: string) => void logged.push(`error ${text}`),
  };
  const alerts = new Alerts({
    pools: [pool],
    onAlert: (notification) => void heard.push({ at: clock.now(), notification }),
    clock,
    logger,
    ...options,
  });
  onTestFinished(() => alerts.stop());
  return { alerts, clock, pool, heard, lines: () => heard.map(lineOf), logged };
}

function lineOf({ notification }: Heard): string {
  return notification.status === 'more' ? notification.summary : `${notification.status} ${notification.id}`;
}
