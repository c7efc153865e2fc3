import process from 'node:process';
import { livePools } from '@lifeguard/core';
import type { LivePool } from '@lifeguard/core';
import type { AdminAction, AdminPool } from '@lifeguard/admin';
import { applicationName } from './application-name.ts';
import type { RegisterSettings } from './settings.ts';
import { warn } from './warn.ts';

/** A script that is through by then needs no socket, and is not to wait for one. Milliseconds. */
const OPEN_AFTER_MS = 100;

let isServed = false;

/**
 * Opens the admin socket of this process, once, and a moment later: whoever has used its first pool goes on first. It keeps no
 * process alive, gives way to a `serveAdmin` of the application's own, and a failure is a warning.
 */
export function serveOnce({ name, allow }: RegisterSettings): void {
  if (isServed) return;
  isServed = true;
  setTimeout(() => void serve(name ?? applicationName(process.argv[1]), allow), OPEN_AFTER_MS).unref();
}

async function serve(name: string, allow: readonly AdminAction[]): Promise<void> {
  try {
    // Loaded where there is something to be served.
    const { serveAdmin } = await import('@lifeguard/admin');
    await serveAdmin({
      pools: () => livePools().filter(isAdminPool),
      name,
      allow,
      yields: true,
    });
  } catch (error) {
    // The application serves its pools itself.
    if ((error as { reason?: unknown }).reason !== 'served-already')
      warn('the admin socket is not open', error);
  }
}

function isAdminPool(pool: LivePool): pool is LivePool & AdminPool {
  return typeof Reflect.get(pool, 'on') === 'function';
}
