import type { Server } from 'node:http';

/** How long requests may take to finish once the server takes no more, in milliseconds. */
export const REQUESTS_LIMIT_MS = 10_000;

/**
 * Ends the connections of a server while `close` waits for them: each when its request is over, since a client that keeps it open
 * for the next one would hold us up, and all of them at the limit.
 */
export async function closeServer(server: Server, close: () => Promise<unknown>): Promise<void> {
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  const limit = setTimeout(() => server.closeAllConnections(), REQUESTS_LIMIT_MS);
  try {
    await close();
  } finally {
    clearInterval(sweep);
    clearTimeout(limit);
  }
}
