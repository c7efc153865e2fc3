import { ReportLimiter, describeFailure, errorForLog, logSafely } from '@lifeguard/core/adapter';
import type { Clock, Logger } from '@lifeguard/core';
import type { AlertHolder, AlertNotification } from './alert.ts';
import type { AlertEntry, TellingLimits } from './alert-entry.ts';
import type { AlertRuleId } from './alert-limits.ts';
import type { AlertSink } from './alert-sink.ts';
import { chooseNotifications } from './choose-notifications.ts';
import type { DueAlert } from './choose-notifications.ts';
import { describeAlert, describeMore } from './describe-alert.ts';
import { NotificationBudget } from './notification-budget.ts';

/** Which alerts are not told, and for how long. */
export interface Silence {
  /** @default all rules */
  readonly rule?: AlertRuleId;
  /** The name of the pool, as alerts show it. @default all pools */
  readonly pool?: string;
  readonly forMs: number;
}

/** What an {@link Announcer} works with. */
export interface AnnouncerParts extends TellingLimits {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly maxPerMinute: number;
  readonly sinks: readonly AlertSink[];
}

/** A listener that fails each time is logged once in this time. */
const FAILURE_INTERVAL_MS = 60_000;
/** Silences that are kept; one more ends the oldest. */
const MAX_SILENCES = 100;

/** Tells what is due to all sinks, within the limits, and without being hurt by any. */
export class Announcer {
  readonly #parts: AnnouncerParts;
  readonly #budget: NotificationBudget;
  readonly #failures = new ReportLimiter(FAILURE_INTERVAL_MS, 100);
  #silences: { readonly silence: Silence; readonly until: number }[] = [];

  constructor(parts: AnnouncerParts) {
    this.#parts = parts;
    this.#budget = new NotificationBudget(parts.maxPerMinute);
  }

  /** From now on nothing of these is told, until the time is over or what it returns is called. */
  silence(silence: Silence): () => void {
    const added = { silence, until: this.#parts.clock.now() + silence.forMs };
    this.#silences = [...this.#silences.slice(1 - MAX_SILENCES), added];
    return () => {
      this.#silences = this.#silences.filter((each) => each !== added);
    };
  }

  /** Tells what is due of these. `holderOf` is asked only about those that are told each by itself. */
  announce(entries: Iterable<AlertEntry>, holderOf: (entry: AlertEntry) => AlertHolder | undefined): void {
    const { clock } = this.#parts;
    const now = clock.now();
    this.#silences = this.#silences.filter(({ until }) => now < until);
    const { single, together } = chooseNotifications(this.#due(entries, now), this.#budget.left(now));
    for (const { entry, status } of single) {
      entry.tell(status, now);
      this.#send(describeAlert(entry, status, holderOf(entry), clock));
    }
    if (together.length === 0) return;
    for (const { entry, status } of together) entry.tell(status, now);
    this.#send(describeMore(together, clock));
  }

  /** Somebody else's code has thrown. */
  failed(what: string, error: unknown): void {
    const { clock, logger } = this.#parts;
    if (this.#failures.admit(what, clock.now()) === undefined) return;
    const message = `LG_LISTENER_FAILED: ${what} of the alerts failed: ${describeFailure(error)}`;
    logSafely(logger, 'warn', { code: 'LG_LISTENER_FAILED', err: errorForLog(error) }, message);
  }

  #due(entries: Iterable<AlertEntry>, now: number): DueAlert[] {
    const due: DueAlert[] = [];
    for (const entry of entries) {
      const status = entry.due(now, this.#parts);
      if (status !== undefined && !this.#isSilent(entry)) due.push({ entry, status });
    }
    return due;
  }

  #isSilent({ rule, pool }: AlertEntry): boolean {
    return this.#silences.some(
      ({ silence }) =>
        (silence.rule ?? rule.id) === rule.id && (silence.pool === undefined || silence.pool === pool),
    );
  }

  #send(notification: AlertNotification): void {
    this.#budget.spend(this.#parts.clock.now());
    for (const [index, sink] of this.#parts.sinks.entries()) {
      const failed = (error: unknown): void => this.failed(`sink ${index + 1}`, error);
      try {
        const result = sink.send(notification);
        if (result instanceof Promise) result.catch(failed);
      } catch (error) {
        failed(error);
      }
    }
  }
}
