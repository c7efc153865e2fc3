import type { Hono } from 'hono';
import { serveAdmin } from '@lifeguard/admin';
import type { Settings } from '@lifeguard/config';
import { DatabaseHealth } from '@lifeguard/core';
import { buildApp } from './app.ts';
import { type Database, openDatabase } from './database.ts';
import { migrate } from './migrations.ts';

export interface Service extends Database {
  readonly app: Hono;
  /** From now on `/readyz` answers 503. */
  drain(): void;
  /** Closes the pool, once no request runs any more. */
  close(): Promise<void>;
}

/** All but the server: with its tables up to date, and seen by `lifeguard status`. */
export async function openService({ database: settings }: Settings): Promise<Service> {
  const database = openDatabase(settings);
  const { db, pool } = database;
  try {
    await migrate(db);
    const health = new DatabaseHealth(pool);
    // By a socket that only this user can reach.
    const admin = await serveAdmin({ pools: [pool], name: 'orders', allow: ['reclaim', 'evict', 'resume'] });
    const close = async (): Promise<void> => {
      await admin.close();
      await db.destroy();
    };
    return { ...database, app: buildApp(db, health), drain: () => health.drain(), close };
  } catch (error) {
    await db.destroy();
    throw error;
  }
}
