import { type FastifyError, type FastifyInstance, type FastifyServerOptions, fastify } from 'fastify';
import type { Settings } from '@lifeguard/config';
import { fastifyHealth, fastifyScope } from '@lifeguard/core/http';
import { PROMETHEUS_CONTENT_TYPE, prometheusMetrics } from '@lifeguard/metrics';
import { accounts } from './accounts.ts';
import { database } from './database.ts';
import { problemOf } from './problem.ts';

/** What a request may hold for longer than this is taken back, whichever route it is. */
const REQUEST_LIMIT_MS = 10_000;

/** The service, with its tables up to date; `listen()` opens it, `close()` ends it with its pool. */
export async function buildApp(
  { database: settings }: Settings,
  options: FastifyServerOptions = {},
): Promise<FastifyInstance> {
  const app = fastify(options);
  app.setErrorHandler(answerError);
  try {
    await app.register(database, { settings });
    // Before the scope: probes and scrapes are nobody's request.
    await app.register(fastifyHealth, { health: app.health });
    const metrics = prometheusMetrics();
    app.get('/metrics', (_request, reply) => reply.type(PROMETHEUS_CONTENT_TYPE).send(metrics()));
    // A connection that is still held when its request is over is reported within a second, with the name of the route.
    await app.register(fastifyScope, { timeoutMs: REQUEST_LIMIT_MS });
    await app.register(accounts);
  } catch (error) {
    await app.close();
    throw error;
  }
  return app;
}

/** What Fastify, or a route, says of the request goes to the caller; anything else is for the log. */
const answerError: Parameters<FastifyInstance['setErrorHandler']>[0] = (thrown, request, reply) => {
  const error = thrown as FastifyError;
  if (error.statusCode !== undefined && error.statusCode < 500)
    return reply.code(error.statusCode).send({ error: error.message });
  const { status, headers, body } = problemOf(error);
  request.log.error({ err: error, code: body.code }, error.message);
  return reply.code(status).headers(headers).send(body);
};
