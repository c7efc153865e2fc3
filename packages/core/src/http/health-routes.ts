import type { DatabaseHealth } from '../health/database-health.ts';
import { healthAnswer } from './health-answer.ts';
import type { HealthAnswer, HealthPaths } from './health-answer.ts';

/** For servers that speak `Request` and `Response` (Hono, Next, Bun, Deno): `undefined` for any other path. */
export type HealthHandler = (request: Request) => Promise<Response> | undefined;

/**
 * Answers `GET /livez` and `GET /readyz`.
 *
 * @example
 * const handle = healthHandler(health);
 * app.get('/readyz', (c) => handle(c.req.raw) ?? c.notFound()); // Hono
 */
export function healthHandler(health: DatabaseHealth, paths?: HealthPaths): HealthHandler {
  return (request) => {
    const path = new URL(request.url).pathname;
    return healthAnswer(health, { method: request.method, path }, paths)?.then(
      ({ status, headers, body }) =>
        new Response(request.method === 'HEAD' ? null : body, { status, headers }),
    );
  };
}

/** The part of Node's request and response, and of Express's, that is used. */
export interface NodeRequestShape {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
}
export interface NodeResponseShape {
  writeHead(status: number, headers: Readonly<Record<string, string>>): unknown;
  end(body?: string): unknown;
}

/** What `app.use()` of Express and Connect takes; for `node:http` the third argument is what is done with other paths. */
export type HealthMiddleware = (
  request: NodeRequestShape,
  response: NodeResponseShape,
  next: (error?: unknown) => void,
) => void;

/**
 * Middleware for Express 4 and 5, Connect, and `node:http` that answers `GET /livez` and `GET /readyz`. Add it before what
 * authenticates, and before `expressScope`: probes are nobody's request.
 */
export function expressHealth(health: DatabaseHealth, paths?: HealthPaths): HealthMiddleware {
  return (request, response, next) => {
    const { method = '', url = '' } = request;
    const [path = ''] = url.split('?');
    const answering = healthAnswer(health, { method, path }, paths);
    if (answering === undefined) return next();
    answering.then(({ status, headers, body }) => {
      response.writeHead(status, headers);
      response.end(method === 'HEAD' ? undefined : body);
    }, next);
  };
}

/** The part of Fastify that is used. */
export interface FastifyHealthShape {
  get(path: string, handler: (request: unknown, reply: FastifyHealthReply) => Promise<unknown>): unknown;
}
export interface FastifyHealthReply {
  code(status: number): {
    headers(headers: Readonly<Record<string, string>>): { send(body: string): unknown };
  };
}

/**
 * Plugin for Fastify (4 and 5) that adds `GET /livez` and `GET /readyz`.
 *
 * @example
 * await app.register(fastifyHealth, { health });
 */
export async function fastifyHealth(
  instance: FastifyHealthShape,
  { health, paths = {} }: { readonly health: DatabaseHealth; readonly paths?: HealthPaths },
): Promise<void> {
  for (const path of [paths.livez ?? '/livez', paths.readyz ?? '/readyz']) {
    instance.get(path, async (_request, reply) => {
      const { status, headers, body } = (await healthAnswer(
        health,
        { method: 'GET', path },
        paths,
      )) as HealthAnswer;
      return reply.code(status).headers(headers).send(body);
    });
  }
}
