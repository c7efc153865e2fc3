import { Readable } from 'node:stream';
import { fastifyScope } from '@lifeguard/core/http';
import type { RequestScopeOptions } from '@lifeguard/core/http';
import fastify from 'fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ScopeChoices, StartApplication, World } from './world.ts';

/** An application of Fastify as {@link StartApplication} says. */
export const startFastify: StartApplication = async (world, choices) => {
  const app = fastify();
  await app.register(fastifyScope, optionsOf(choices));
  addRoutes(app, world);
  await app.listen({ port: 0, host: '127.0.0.1' });
  return app.server;
};

function optionsOf({ tags, ...limits }: ScopeChoices): RequestScopeOptions<FastifyRequest> {
  if (tags === undefined) return limits;
  return { ...limits, tags: ({ headers }) => tags((name) => headers[name]?.toString()) };
}

function addRoutes(app: FastifyInstance, world: World): void {
  app.get<{ Params: { id: string } }>('/orders/:id', async (request) => {
    await world.visit(request.params.id);
    return 'ok';
  });
  app.post<{ Body: { id: string } }>('/orders', async (request) => {
    await world.visit(request.body.id);
    return request.body;
  });
  app.get('/fails', async () => {
    await world.visit('fails');
    throw new Error('it fails');
  });
  app.get('/stream', async () => {
    await world.visit('stream');
    return Readable.from(world.chunks());
  });
  app.setNotFoundHandler(async (_request, reply) => {
    await world.visit('nowhere');
    return reply.code(404).send('nowhere');
  });
  app.setErrorHandler(async (_error, _request, reply) => {
    await world.visit('error');
    return reply.code(500).send('failed');
  });
}
