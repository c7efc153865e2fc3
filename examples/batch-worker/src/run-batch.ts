import { type Selectable, sql } from 'kysely';
import type { Session } from '@lifeguard/core';
import { managedTransaction } from '@lifeguard/kysely';
import type { Db, Tables } from './database.ts';
import type { JobHandler } from './jobs.ts';
import { log } from './log.ts';

type Job = Selectable<Tables['jobs']>;

export interface BatchOptions {
  readonly handlers: Readonly<Record<string, JobHandler>>;
  /** At most so many jobs. */
  readonly size: number;
  /** Milliseconds for all of them; then everything is rolled back, and they are as if nobody had taken them. */
  readonly timeoutMs: number;
  /** Milliseconds for each, which is undone by itself and counts as failed. */
  readonly jobTimeoutMs: number;
  /** When it aborts no further job is begun; those that were not are handed back with the commit. */
  readonly signal: AbortSignal;
}

/** After the last one a job is `failed`. */
const MAX_ATTEMPTS = 5;

/**
 * Takes jobs that are due and that nobody else has taken, runs them, and commits: one connection, for as long as this takes. The
 * locks are the claim: a worker that dies has claimed nothing. Answers how many it has run.
 */
export function runBatch(db: Db, options: BatchOptions): Promise<number> {
  const { size, timeoutMs, signal } = options;
  return managedTransaction(db, { name: 'batch', timeoutMs }, async (trx, session) => {
    const jobs = await trx
      .selectFrom('jobs')
      .selectAll()
      .where('state', '=', 'queued')
      .where('run_at', '<=', sql<Date>`now()`)
      .orderBy('run_at')
      .orderBy('id')
      .limit(size)
      .forUpdate()
      .skipLocked()
      .execute();
    let ran = 0;
    for (const job of jobs) {
      if (signal.aborted) break;
      await runJob(trx, session, job, options);
      ran += 1;
    }
    return ran;
  });
}

/** Between a savepoint and its release: what a job has done before it failed is undone, and what others did is not. */
async function runJob(trx: Db, batch: Session, job: Job, options: BatchOptions): Promise<void> {
  try {
    await managedTransaction(trx, { name: job.kind, timeoutMs: options.jobTimeoutMs }, async (own) => {
      const handler = options.handlers[job.kind];
      if (handler === undefined) throw new Error(`nothing here knows how to do "${job.kind}"`);
      await handler(own, job.payload);
      await own.updateTable('jobs').set({ state: 'done' }).where('id', '=', job.id).execute();
    });
  } catch (error) {
    if (batch.signal.aborted) throw error; // The time of the whole batch is up, which is nobody's fault here.
    await noteFailure(trx, job, error);
  }
}

async function noteFailure(trx: Db, job: Job, error: unknown): Promise<void> {
  const attempts = job.attempts + 1;
  const isLast = attempts >= MAX_ATTEMPTS;
  log[isLast ? 'error' : 'warn']({ job: job.id, kind: job.kind, attempts }, 'a job has failed');
  await trx
    .updateTable('jobs')
    .set({
      attempts,
      state: isLast ? 'failed' : 'queued',
      run_at: sql<Date>`now() + ${2 ** attempts} * interval '1 second'`,
      last_error: (error instanceof Error ? error.message : String(error)).slice(0, 500),
    })
    .where('id', '=', job.id)
    .execute();
}
