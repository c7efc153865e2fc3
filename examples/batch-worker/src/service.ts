import { serveAdmin } from '@lifeguard/admin';
import type { Settings } from '@lifeguard/config';
import { DatabaseHealth } from '@lifeguard/core';
import { type Database, openDatabase } from './database.ts';
import { handlers } from './jobs.ts';
import { migrate } from './migrations.ts';
import { Worker, type WorkerOptions } from './worker.ts';

export interface Service extends Database {
  readonly health: DatabaseHealth;
  /** From now on `/readyz` answers 503, and nothing more is begun. */
  drain(): void;
  /** Waits for the batches under way, and closes the pool. */
  close(): Promise<void>;
}

const DEFAULTS: WorkerOptions = {
  handlers,
  workers: 2,
  batchSize: 50,
  batchTimeoutMs: 5_000,
  jobTimeoutMs: 1_000,
  pollMs: 500,
};

/** With its tables up to date, seen by `lifeguard status`, and at work. */
export async function startService(
  { database: settings }: Settings,
  options: Partial<WorkerOptions> = {},
): Promise<Service> {
  const database = openDatabase(settings);
  const { db, pool } = database;
  try {
    await migrate(db);
    const health = new DatabaseHealth(pool);
    // By a socket that only this user can reach.
    const admin = await serveAdmin({
      pools: [pool],
      name: 'batch-worker',
      allow: ['reclaim', 'evict', 'resume'],
    });
    const worker = new Worker(db, { ...DEFAULTS, ...options });
    const drain = (): void => {
      health.drain();
      worker.stop();
    };
    const close = async (): Promise<void> => {
      drain();
      await worker.stopped();
      await admin.close();
      await db.destroy();
    };
    return { ...database, health, drain, close };
  } catch (error) {
    await db.destroy();
    throw error;
  }
}
