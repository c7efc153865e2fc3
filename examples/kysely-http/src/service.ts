import { once } from 'node:events';
import type { Server } from 'node:http';
import process from 'node:process';
import type { Settings } from '@lifeguard/config';
import type { CloseReport } from '@lifeguard/core';
import { serveAdmin } from '@lifeguard/admin';
import { DatabaseHealth } from '@lifeguard/core';
import { openDatabase } from './database.ts';
import { createLeakyRoutes } from './demo/leaks.ts';
import { createHttpServer } from './http.ts';
import { migrate } from './migrations.ts';
import { createRoutes } from './routes.ts';

export interface Service {
  readonly url: string;
  /** Takes no more requests, lets those that run finish, and closes the pool. Says what was left. */
  close(): Promise<CloseReport>;
}

/** How long requests may take to finish when the settings do not say. */
const DRAIN_MS = 10_000;

export async function startService({ database: settings }: Settings, port: number): Promise<Service> {
  if (settings.url === undefined)
    throw new Error('set DATABASE_URL, or providers.database.url in settings.yaml');
  const isWatched = process.env['LIFEGUARD'] !== 'off'; // Delete it with demo.
  const database = openDatabase({ connectionString: settings.url, ...settings.pool });
  try {
    await migrate(database.db);
    const leaky = process.env['PLANT_LEAKS'] === '1' ? createLeakyRoutes(database) : {}; // Delete it with demo.
    const health = new DatabaseHealth(isWatched ? database.pool : []);
    const routes = { ...createRoutes(database), ...leaky };
    const server = createHttpServer(routes, health).listen(port, '127.0.0.1');
    await once(server, 'listening');
    // For `lifeguard status` and its like, by a socket that only this user can reach.
    const admin = await serveAdmin({
      pools: [database.pool],
      name: 'shop',
      allow: ['reclaim', 'evict', 'resume'],
      enabled: isWatched,
    });
    const close = async (): Promise<CloseReport> => {
      health.drain();
      await drain(server, settings.pool.drainMs ?? DRAIN_MS);
      await admin.close();
      await database.db.destroy();
      return database.pool.close();
    };
    return { url: addressOf(server), close };
  } catch (error) {
    await database.pool.close();
    throw error;
  }
}

async function drain(server: Server, limitMs: number): Promise<void> {
  const timer = setTimeout(() => server.closeAllConnections(), limitMs);
  // A client that keeps its connection open for the next request would hold us up.
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  await new Promise((resolve) => server.close(resolve));
  clearInterval(sweep);
  clearTimeout(timer);
}

function addressOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port');
  return `http://127.0.0.1:${address.port}`;
}
