import { honoRoute } from './hono-route.ts';
import type { RoutedHonoRequest } from './hono-route.ts';
import { requestName } from './request-name.ts';
import { scopeOf, scopeOpener, whenClosed } from './request-scope.ts';
import type { ClosingResponse } from './request-scope.ts';
import { within } from './scope-context.ts';
import { checkScopeOptions } from './scope-options.ts';
import type { RequestScopeOptions } from './scope-options.ts';

/** The part of Hono's context that a scope is made of. Annotate with Hono's own type where more is wanted. */
export interface HonoContext {
  readonly req: RoutedHonoRequest & {
    readonly method: string;
    readonly url: string;
    header(name: string): string | undefined;
  };
  /** What the server gives; that of Node has the response as `outgoing`. */
  readonly env: unknown;
}

/** What `app.use()` takes. */
export type HonoMiddleware = (context: HonoContext, next: () => Promise<void>) => Promise<void>;

/**
 * Hono middleware (4) that opens a scope for each request, named by its method and route: a lease that is still open when the
 * request is over is reported as `orphaned`. Takes nothing back, unless `timeoutMs` says when.
 *
 * With `@hono/node-server` a request is over when its response is, sent or broken off; so a body that streams belongs to
 * it. Elsewhere (`app.request()`, Bun, workers) nobody tells when the body has been sent: there the scope ends with the
 * handler, and a lease that a streaming body still holds is taken for orphaned.
 *
 * Throws `LG_INVALID_OPTION`.
 *
 * @example
 * const app = new Hono();
 * app.use(honoScope({ leakThresholdMs: 5_000 }));
 * app.get('/orders/:id', async (context) => {
 *   await using lease = await pool.lease(); // in the scope "GET /orders/:id"
 *   return context.json(await lease.query('select * from orders where id = $1', [context.req.param('id')]));
 * });
 */
export function honoScope(options: RequestScopeOptions<HonoContext> = {}): HonoMiddleware {
  const open = scopeOpener(checkScopeOptions(options));
  return async (context, next) => {
    const response = responseOf(context.env);
    const key = response ?? context;
    const known = scopeOf(key);
    if (known !== undefined) return within(known, next);
    const { scope, end } = open(key, {
      request: context,
      name: () => requestName(context.req.method, honoRoute(context.req), context.req.url),
      traceparent: context.req.header('traceparent'),
    });
    if (response !== undefined) whenClosed(response, end, incomingOf(context.env));
    try {
      return await within(scope, next);
    } finally {
      if (response === undefined) end();
    }
  };
}

/** Node's response behind Hono's, where the server is one of Node's. */
function responseOf(env: unknown): ClosingResponse | undefined {
  if (typeof env !== 'object' || env === null || !('outgoing' in env)) return undefined;
  const { outgoing } = env;
  return isResponse(outgoing) ? outgoing : undefined;
}

/** Node's request, beside it. */
function incomingOf(env: unknown): object | undefined {
  if (typeof env !== 'object' || env === null || !('incoming' in env)) return undefined;
  return typeof env.incoming === 'object' && env.incoming !== null ? env.incoming : undefined;
}

function isResponse(outgoing: unknown): outgoing is ClosingResponse {
  return (
    typeof outgoing === 'object' &&
    outgoing !== null &&
    'once' in outgoing &&
    typeof outgoing.once === 'function'
  );
}
