import { watchRoute } from './express-route.ts';
import type { RoutedRequest } from './express-route.ts';
import { requestName } from './request-name.ts';
import { scopeOf, scopeOpener, whenClosed } from './request-scope.ts';
import type { ClosingResponse } from './request-scope.ts';
import { bindEvents, within } from './scope-context.ts';
import { checkScopeOptions } from './scope-options.ts';
import type { RequestScopeOptions } from './scope-options.ts';

/** The part of Express's request that a scope is made of. Annotate with Express's own type where more is wanted. */
export interface ExpressRequest extends RoutedRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly originalUrl?: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** What `app.use()` takes. */
export type ExpressMiddleware = (
  request: ExpressRequest,
  response: ClosingResponse,
  next: () => void,
) => void;

/**
 * Express middleware (4 and 5) that opens a scope for each request, named by its method and route: a lease that is still
 * open when the response is over, sent or broken off, is reported as `orphaned`. Takes nothing back, unless `timeoutMs` says
 * when.
 *
 * Mount it before the routes; body parsers may come before or after it. A middleware that calls `next()` from a foreign
 * callback (an old client library) loses the scope, as it loses any `AsyncLocalStorage`; mounted once more behind that one,
 * this leads back into the same scope. A router whose mount path has parameters is named with their values, since Express
 * keeps nothing else.
 *
 * Throws `LG_INVALID_OPTION`.
 *
 * @example
 * const app = express();
 * app.use(expressScope({ tags: (request: express.Request) => ({ tenant: request.get('x-tenant') ?? 'none' }) }));
 * app.get('/orders/:id', async (request, response) => {
 *   await using lease = await pool.lease(); // in the scope "GET /orders/:id"
 *   response.json(await lease.query('select * from orders where id = $1', [request.params.id]));
 * });
 */
export function expressScope(options: RequestScopeOptions<ExpressRequest> = {}): ExpressMiddleware {
  const open = scopeOpener(checkScopeOptions(options));
  return (request, response, next) => {
    const known = scopeOf(response);
    if (known !== undefined) return within(known, next);
    const route = watchRoute(request);
    const { scope, end } = open(response, {
      request,
      name: () => requestName(request.method, route(), request.originalUrl ?? request.url),
      traceparent: request.headers['traceparent'],
    });
    whenClosed(response, end, request);
    bindEvents(request, scope);
    return within(scope, next);
  };
}
