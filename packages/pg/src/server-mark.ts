import { createHmac, randomBytes } from 'node:crypto';
import type { DriverClient } from './driver-types.ts';

/** Under a global symbol: two copies of this package make the same marks. */
const KEY = Symbol.for('@lifeguard/server-mark');
const shared = globalThis as { [KEY]?: Buffer };
const secret = (shared[KEY] ??= randomBytes(16));

/**
 * Tells whether two pools of this process go to the same server and database as the same user, and nothing else: of a
 * connection string that was written wrong, parts of the password may be taken for the name of the host. `undefined` where
 * the driver does not tell.
 */
export function serverMark({ host, port, database, user }: DriverClient): string | undefined {
  if (host === undefined) return undefined;
  const text = JSON.stringify([host, port, database, user]);
  return createHmac('sha256', secret).update(text).digest('hex').slice(0, 12);
}
