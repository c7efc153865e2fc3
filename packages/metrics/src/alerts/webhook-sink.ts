import { randomUUID } from 'node:crypto';
import { systemClock } from '@lifeguard/core';
import { ReportLimiter, logSafely, outsideAsyncContext, processWarningLogger } from '@lifeguard/core/adapter';
import type { Clock, Logger } from '@lifeguard/core';
import type { AlertNotification } from './alert.ts';
import type { AlertSink } from './alert-sink.ts';
import { attempt } from './webhook-attempt.ts';
import type { AttemptOutcome } from './webhook-attempt.ts';
import { signatureOf, webhookBody } from './webhook-body.ts';
import { resolveWebhook, shownUrl } from './webhook-options.ts';
import type { ResolvedWebhook, WebhookOptions } from './webhook-options.ts';

/** Notifications that wait; one more, and the oldest is given up. */
const MAX_QUEUED = 100;
const LONGEST_BACKOFF_MS = 30_000;
/** What is not delivered is logged once in this time. */
const LOG_INTERVAL_MS = 60_000;

interface Delivery {
  readonly id: string;
  readonly what: string;
  readonly body: string;
}

class WebhookSink implements AlertSink {
  readonly #options: ResolvedWebhook;
  readonly #failures = new ReportLimiter(LOG_INTERVAL_MS, 1);
  readonly #queue: Delivery[] = [];
  /** The one that is on its way, and those behind it. */
  #draining: Promise<void> | undefined;
  #isBusy = false;

  constructor(options: ResolvedWebhook) {
    this.#options = options;
  }

  send(notification: AlertNotification): void {
    const { format, source } = this.#options;
    if (this.#queue.length === MAX_QUEUED) {
      const given = this.#queue.shift() as Delivery;
      this.#giveUp(given, `${MAX_QUEUED} newer ones wait as well`);
    }
    const { status } = notification;
    const what = status === 'more' ? notification.summary : `${notification.id} (${status})`;
    this.#queue.push({ id: randomUUID(), what, body: webhookBody(notification, format, source) });
    if (!this.#isBusy) this.#draining = outsideAsyncContext(() => this.#drain());
  }

  async flush(deadlineMs: number): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.#options.clock.setTimer(deadlineMs, resolve, { keepAlive: true });
    try {
      await Promise.race([this.#draining, promise]);
      return this.#queue.length + (this.#isBusy ? 1 : 0);
    } finally {
      timer.cancel();
    }
  }

  /** One after the other, so that an end is not told before its beginning. Never rejects. */
  async #drain(): Promise<void> {
    this.#isBusy = true;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift())
      await this.#deliver(next);
    this.#isBusy = false;
  }

  async #deliver(delivery: Delivery): Promise<void> {
    const { retries } = this.#options;
    for (let tried = 1; ; tried += 1) {
      const outcome = await this.#attempt(delivery);
      if (outcome.kind === 'delivered') return;
      if (outcome.kind === 'refused' || tried > retries)
        return this.#giveUp(delivery, `${outcome.why} (attempt ${tried})`);
      await this.#pause(Math.max(outcome.retryAfterMs, this.#backoffMs(tried)));
    }
  }

  #attempt({ id, body }: Delivery): Promise<AttemptOutcome> {
    const { headers: chosen, secret, clock } = this.#options;
    const headers = new Headers(chosen);
    headers.set('content-type', 'application/json');
    // The same for all attempts: a receiver that has taken it, and could not say so, knows it again.
    headers.set('x-lifeguard-delivery', id);
    if (secret !== undefined)
      headers.set('x-lifeguard-signature', signatureOf(body, secret, clock.wallTime()));
    return attempt(this.#options, headers, body);
  }

  #backoffMs(tried: number): number {
    const { backoffMs, random } = this.#options;
    const longest = Math.min(LONGEST_BACKOFF_MS, backoffMs * 2 ** (tried - 1));
    return longest * (0.5 + random.next() / 2);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#options.clock.setTimer(ms, resolve));
  }

  #giveUp({ what }: Delivery, why: string): void {
    const { clock, logger, url } = this.#options;
    const unlogged = this.#failures.admit('', clock.now());
    if (unlogged === undefined) return;
    const others = unlogged === 0 ? '' : `; ${unlogged} others before it were not delivered either`;
    const message = `LG_ALERT_UNDELIVERED: the webhook at ${shownUrl(url)} has not taken ${what}: ${why}${others}`;
    logSafely(logger, 'error', { code: 'LG_ALERT_UNDELIVERED', webhook: shownUrl(url) }, message);
  }
}

/**
 * Posts each notification to an address, in order: with a limit for each attempt, several attempts, and no more than a hundred
 * that wait. What is not delivered is logged, without the address. It does not keep the process alive, but for a request that
 * is on its way; `flush` does for as long as it is told. Throws `LG_INVALID_OPTION`.
 */
export function webhookSink(options: WebhookOptions): AlertSink {
  return makeWebhookSink(options, { clock: systemClock, logger: processWarningLogger });
}

/** The same, with what its owner has in place of the process's own clock and log. */
export function makeWebhookSink(
  options: WebhookOptions,
  owner: { readonly clock: Clock; readonly logger: Logger },
): AlertSink {
  return new WebhookSink(resolveWebhook(options, owner));
}
