import type { Express } from 'express';
import { serveAdmin } from '@lifeguard/admin';
import type { Settings } from '@lifeguard/config';
import { DatabaseHealth } from '@lifeguard/core';
import { lifeguard } from '@lifeguard/kysely';
import { buildApp } from './app.ts';
import { type Database, openDatabase } from './database.ts';
import { log } from './log.ts';
import { migrate } from './migrations.ts';

export interface Service extends Database {
  readonly app: Express;
  /** From now on `/readyz` answers 503. */
  drain(): void;
  /** Closes the pool, once no request runs any more. */
  close(): Promise<void>;
}

/** All but the server: with its tables up to date, and seen by `lifeguard status`. */
export async function openService({ database: { url, pool: options } }: Settings): Promise<Service> {
  if (url === undefined) throw new Error('set DATABASE_URL: see .env.example');
  const { size: max = 10, acquireTimeoutMs = 1_000, leakThresholdMs = 30_000 } = options;
  const database = openDatabase({ connectionString: url, max, connectionTimeoutMillis: acquireTimeoutMs });
  const { db, pool } = database;
  try {
    await migrate(db);
    // This is the line. The instance is the same object as before; every suspected leak is logged from now on.
    const guard = lifeguard(db, { leakThresholdMs, size: max, logger: log });
    const shown = guard.asPool(pool);
    const health = new DatabaseHealth(shown);
    // By a socket that only this user can reach.
    const admin = await serveAdmin({ pools: [shown], name: 'events' });
    const close = async (): Promise<void> => {
      await admin.close();
      guard.detach();
      await db.destroy();
    };
    return { ...database, app: buildApp(db, shown, health), drain: () => health.drain(), close };
  } catch (error) {
    await db.destroy();
    throw error;
  }
}
