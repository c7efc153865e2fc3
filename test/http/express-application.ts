import { once } from 'node:events';
import type { Server } from 'node:http';
import { Readable } from 'node:stream';
import { expressScope } from '@lifeguard/core/http';
import type { RequestScopeOptions } from '@lifeguard/core/http';
import type express from 'express';
import type { StartApplication, ScopeChoices, World } from './world.ts';

/** An application of Express as {@link StartApplication} says; `parserFirst` mounts the body parser before the scope. */
export function expressApplication(
  framework: typeof express,
  { parserFirst = false } = {},
): StartApplication {
  return (world, choices) => {
    const app = framework();
    const middlewares = [expressScope(optionsOf(choices)), framework.json()] as const;
    for (const middleware of parserFirst ? middlewares.toReversed() : middlewares) app.use(middleware);
    addRoutes(app, world);
    return listen(app);
  };
}

/** Has an application listen on a free port of this machine. */
export async function listen(app: express.Express): Promise<Server> {
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function optionsOf({ tags, ...limits }: ScopeChoices): RequestScopeOptions<express.Request> {
  return tags === undefined ? limits : { ...limits, tags: (request) => tags((name) => request.get(name)) };
}

function addRoutes(app: express.Express, world: World): void {
  app.get('/orders/:id', (request, response, next) => {
    world.visit(request.params.id).then(() => response.send('ok'), next);
  });
  app.post('/orders', (request, response, next) => {
    const body = request.body as { id: string };
    world.visit(body.id).then(() => response.json(body), next);
  });
  app.get('/fails', (_request, _response, next) => {
    world.visit('fails').then(() => next(new Error('it fails')), next);
  });
  app.get('/stream', (_request, response, next) => {
    world.visit('stream').then(() => Readable.from(world.chunks()).pipe(response), next);
  });
  app.use((_request, response, next) => {
    world.visit('nowhere').then(() => response.status(404).send('nowhere'), next);
  });
  // Express knows an error handler by its four parameters.
  const onError: express.ErrorRequestHandler = (_error, _request, response, _next) => {
    void world.visit('error').then(() => response.status(500).send('failed'));
  };
  app.use(onError);
}
