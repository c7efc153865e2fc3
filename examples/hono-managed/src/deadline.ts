import { createMiddleware } from 'hono/factory';
import { HTTPException } from 'hono/http-exception';
import { runSession } from '@lifeguard/core';

/**
 * Gives a route a time: its own limit, or less when the request says so (`request-timeout-ms: 800`). When that is over the
 * caller gets its answer, and whatever the handler still does in the database is cancelled and rolled back; so it is when the
 * caller goes away.
 */
export function deadline(limitMs: number) {
  return createMiddleware(async (context, next) => {
    const timeoutMs = Math.min(limitMs, askedFor(context.req.header('request-timeout-ms')));
    const name = `${context.req.method} ${context.req.path}`;
    await runSession({ name, timeoutMs, signal: context.req.raw.signal }, () => next());
  });
}

function askedFor(header: string | undefined): number {
  if (header === undefined) return Infinity;
  const ms = Number(header);
  if (Number.isInteger(ms) && ms > 0) return ms;
  throw new HTTPException(400, { message: 'request-timeout-ms must be a whole number above 0' });
}
