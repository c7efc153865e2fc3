import { requestName } from './request-name.ts';
import { scopeOf, scopeOpener, whenClosed } from './request-scope.ts';
import type { ClosingResponse } from './request-scope.ts';
import { bindEvents, within } from './scope-context.ts';
import { checkScopeOptions } from './scope-options.ts';
import type { RequestScopeOptions } from './scope-options.ts';

/** The part of Fastify's request that a scope is made of. Annotate with Fastify's own type where more is wanted. */
export interface FastifyRequestShape {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly routeOptions: { readonly url?: string | undefined };
  readonly raw: object;
}

/** The part of Fastify's reply that tells when a request is over. */
export interface FastifyReplyShape {
  readonly raw: ClosingResponse;
}

type Hook = (request: FastifyRequestShape, reply: FastifyReplyShape, done: () => void) => void;

/** The part of a Fastify instance that a plugin of ours needs. */
export interface FastifyShape {
  addHook(name: 'onRequest' | 'preValidation' | 'preHandler', hook: Hook): unknown;
}

/** What `app.register()` takes. */
export type FastifyScopePlugin = (
  instance: FastifyShape,
  options: RequestScopeOptions<FastifyRequestShape>,
) => Promise<void>;

/** What Fastify itself puts into the options of a plugin. */
const OF_REGISTER = ['prefix', 'logLevel', 'logSerializers'];

/**
 * Fastify plugin (5) that opens a scope for each request, named by its method and route: a lease that is still open when the
 * response is over, sent or broken off, is reported as `orphaned`. Takes nothing back, unless `timeoutMs` says when.
 *
 * It holds for the instance it is registered on and those inside it, for routes that are added after it; not in an
 * `onRequest` hook that was added before it, nor in `onResponse`, when the request is over.
 *
 * `register` rejects with `LG_INVALID_OPTION`.
 *
 * @example
 * const app = fastify();
 * await app.register(fastifyScope, { timeoutMs: 30_000 });
 * app.get('/orders/:id', async (request) => {
 *   await using lease = await pool.lease(); // in the scope "GET /orders/:id"
 *   return await lease.query('select * from orders where id = $1', [request.params.id]);
 * });
 */
export const fastifyScope: FastifyScopePlugin = Object.assign(plugin, {
  // As fastify-plugin does it: the hooks are the parent's, not those of a child without routes.
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: '@lifeguard/core/http',
});

/** Asynchronous, since Fastify lets what a plugin with a callback throws end the process. */
async function plugin(
  instance: FastifyShape,
  options: RequestScopeOptions<FastifyRequestShape>,
): Promise<void> {
  const open = scopeOpener(checkScopeOptions(options, OF_REGISTER));
  instance.addHook('onRequest', (request, reply, next) => {
    const known = scopeOf(reply.raw);
    if (known !== undefined) return within(known, next);
    const { scope, end } = open(reply.raw, {
      request,
      name: () => requestName(request.method, request.routeOptions.url, request.url),
      traceparent: request.headers['traceparent'],
    });
    whenClosed(reply.raw, end, request.raw);
    bindEvents(request.raw, scope);
    return within(scope, next);
  });
  // Behind the body parser, and behind the hooks of others: what loses the context is followed by one that knows it.
  instance.addHook('preValidation', enterAgain);
  instance.addHook('preHandler', enterAgain);
}

function enterAgain(_request: FastifyRequestShape, reply: FastifyReplyShape, next: () => void): void {
  const scope = scopeOf(reply.raw);
  if (scope === undefined) next();
  else within(scope, next);
}
