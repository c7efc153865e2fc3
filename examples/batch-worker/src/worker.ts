import { setTimeout as delay } from 'node:timers/promises';
import { isLifeguardError } from '@lifeguard/core';
import { backoffMs } from './backoff.ts';
import type { Db } from './database.ts';
import type { JobHandler } from './jobs.ts';
import { log } from './log.ts';
import { runBatch } from './run-batch.ts';

export interface WorkerOptions {
  readonly handlers: Readonly<Record<string, JobHandler>>;
  /** Batches at the same time; each has a connection while it runs. */
  readonly workers: number;
  readonly batchSize: number;
  readonly batchTimeoutMs: number;
  readonly jobTimeoutMs: number;
  /** Milliseconds between two looks at a queue that was empty. */
  readonly pollMs: number;
}

/** Works the queue off until it is stopped. */
export class Worker {
  readonly #db: Db;
  readonly #options: WorkerOptions;
  readonly #stopping = new AbortController();
  readonly #loops: readonly Promise<void>[];

  /** Begins at once. */
  constructor(db: Db, options: WorkerOptions) {
    this.#db = db;
    this.#options = options;
    this.#loops = Array.from({ length: options.workers }, () => this.#loop());
  }

  /** Begins no further batch and no further job; `stopped()` tells when those under way are over. */
  stop(): void {
    this.#stopping.abort();
  }

  /** Never rejects. */
  async stopped(): Promise<void> {
    await Promise.all(this.#loops);
  }

  async #loop(): Promise<void> {
    const { handlers, batchSize, batchTimeoutMs: timeoutMs, jobTimeoutMs, pollMs } = this.#options;
    const { signal } = this.#stopping;
    let size = batchSize;
    for (let failures = 0; !signal.aborted; ) {
      try {
        const ran = await runBatch(this.#db, { handlers, size, timeoutMs, jobTimeoutMs, signal });
        failures = 0;
        size = Math.min(batchSize, size * 2);
        if (ran === 0) await pause(pollMs, signal);
      } catch (error) {
        failures += 1;
        // Too much for its time, whatever the reason: a smaller one has a chance.
        if (isLifeguardError(error, 'LG_SESSION_TIMEOUT')) size = Math.max(1, Math.floor(size / 2));
        report(error, { failures, size });
        await pause(backoffMs(error, failures), signal);
      }
    }
  }
}

/** What Lifeguard says has where, why and what to do; the first line of it is enough each time. */
function report(error: unknown, fields: { readonly failures: number; readonly size: number }): void {
  const code = isLifeguardError(error) ? error.code : undefined;
  const text = isLifeguardError(error) && fields.failures > 1 ? error.summary : String(error);
  log.warn({ ...fields, code }, `a batch has failed, and is tried again: ${text}`);
}

/** Or until the signal aborts. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}
