import { checkLimit } from './check-limit.ts';
import { processIdOf, withOwnClient } from './own-client.ts';
import { readPooler, withPooler } from './pooler-view.ts';
import { readServerView } from './read-server-view.ts';
import type { ServerView } from './server-view.ts';
import type { ServerViewOptions } from './view-of-pool.ts';

/** How a server is looked at without an application. */
export interface ServerViewOfOptions extends ServerViewOptions {
  /**
   * Milliseconds until the connection is open.
   * @default 5000
   */
  readonly connectTimeoutMs?: number | undefined;
}

const TIMEOUT_MS = 5_000;
const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Looks at a server through one connection of its own, without a pool or a running application, and ends it. As ours count
 * the backends of this database that any process has opened through Lifeguard; where there are none, all are listed.
 *
 * Rejects with `LG_CONNECT_FAILED`, `LG_CONNECT_TIMEOUT` or `LG_SERVER_REFUSED`, and with `LG_INVALID_OPTION` when the connection
 * string cannot be read. Missing privileges do not reject: `missing` names what they hide.
 *
 * @example
 * const { counts } = await serverViewOf('postgres://monitor@db.internal/shop');
 */
export async function serverViewOf(
  connectionString: string,
  options: ServerViewOfOptions = {},
): Promise<ServerView> {
  const { adminUrl, timeoutMs = TIMEOUT_MS, connectTimeoutMs = CONNECT_TIMEOUT_MS } = options;
  checkLimit('timeoutMs', timeoutMs);
  checkLimit('connectTimeoutMs', connectTimeoutMs);
  const pooler = adminUrl === undefined ? Promise.resolve(undefined) : readPooler(adminUrl);
  try {
    const own = { option: 'connectionString', connectionString, connectTimeoutMs, timeoutMs };
    const view = await withOwnClient(own, (client) =>
      readServerView((sql, values) => client.query(sql, values === undefined ? undefined : [...values]), {
        processId: processIdOf(client),
      }),
    );
    return withPooler(view, await pooler);
  } finally {
    // Bounded, and never rejects: its connection must not outlive this call.
    await pooler;
  }
}
