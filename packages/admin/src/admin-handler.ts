import { describeFailure } from '@lifeguard/core/adapter';
import { ActionDesk } from './action-desk.ts';
import { resolveAdminOptions } from './admin-options.ts';
import type { AdminOptions } from './admin-options.ts';
import { Refusal, refusal } from './answer.ts';
import { AuditRing } from './audit-ring.ts';
import { EventFeed } from './event-feed.ts';
import { guardOf } from './guards.ts';
import { Reader } from './reader.ts';

/** Answers one request; never rejects. */
export type AdminHandler = (request: Request) => Promise<Response>;

/**
 * Answers requests about pools: what they are doing, what is wrong with them, what happens; and, where `allow` says so, acts
 * on them. What it shows comes from snapshots alone, which hold no SQL literal, parameter or password. Throws
 * `LG_INVALID_OPTION`. The routes are in docs/admin.md.
 *
 * @example
 * const admin = adminHandler({ pools: [pool], prefix: '/lifeguard', token: process.env.LIFEGUARD_TOKEN });
 * app.all('/lifeguard/*', (context) => admin(context.req.raw)); // Hono
 */
export function adminHandler(options: AdminOptions): AdminHandler {
  return new AdminDesk(options).handle;
}

/** A handler that can be closed, for who owns its connections. */
export class AdminDesk {
  readonly #feed: EventFeed;
  readonly handle: AdminHandler;

  constructor(options: AdminOptions) {
    const resolved = resolveAdminOptions(options);
    const guard = guardOf(resolved);
    const audit = new AuditRing(resolved.log);
    this.#feed = new EventFeed(resolved);
    const reader = new Reader(resolved, audit, this.#feed);
    const actions = new ActionDesk(resolved, audit);
    this.handle = async (request) => {
      try {
        await guard(request);
        const { path, query } = placeOf(request, resolved.prefix);
        const action = /^\/v1\/pools\/([^/]+)\/([^/]+)$/.exec(path);
        if (action === null) return await reader.answer(request, path, query);
        return await actions.answer(request, action[1] ?? '', action[2] ?? '', query);
      } catch (error) {
        return answerTo(error);
      }
    };
  }

  /** Ends all streams of events. */
  close(): void {
    this.#feed.close();
  }
}

interface Place {
  readonly path: string;
  readonly query: URLSearchParams;
}

function placeOf(request: Request, prefix: string): Place {
  const { pathname, searchParams } = new URL(request.url);
  if (!pathname.startsWith(`${prefix}/`))
    throw refusal(404, 'no-such-route', 'there is no such route', `ask for ${prefix}/v1`);
  return { path: pathname.slice(prefix.length), query: searchParams };
}

function answerTo(error: unknown): Response {
  if (error instanceof Refusal) return error.toResponse();
  // A pool, or a function among the options, has thrown.
  return refusal(500, 'failed', describeFailure(error), 'see the log of the application').toResponse();
}
