import { once } from 'node:events';
import { Server } from 'node:http';
import { serve } from '@hono/node-server';
import { honoScope } from '@lifeguard/core/http';
import type { RequestScopeOptions } from '@lifeguard/core/http';
import { Hono } from 'hono';
import type { Context } from 'hono';
import { stream } from 'hono/streaming';
import type { ScopeChoices, StartApplication, World } from './world.ts';

/** An application of Hono on Node as {@link StartApplication} says. */
export const startHono: StartApplication = async (world, choices) => {
  const server = serve({ fetch: honoApplication(world, choices).fetch, port: 0, hostname: '127.0.0.1' });
  await once(server, 'listening');
  if (server instanceof Server) return server;
  throw new Error('it is no server of HTTP 1');
};

/** The same without a server. */
export function honoApplication(world: World, choices: ScopeChoices = {}): Hono {
  const app = new Hono();
  app.use(honoScope(optionsOf(choices)));
  app.get('/orders/:id', async (context) => {
    await world.visit(context.req.param('id'));
    return context.text('ok');
  });
  app.post('/orders', async (context) => {
    const body = await context.req.json<{ id: string }>();
    await world.visit(body.id);
    return context.json(body);
  });
  app.get('/fails', async () => {
    await world.visit('fails');
    throw new Error('it fails');
  });
  app.get('/stream', async (context) => {
    await world.visit('stream');
    return stream(context, async (body) => {
      for await (const chunk of world.chunks()) await body.write(chunk);
    });
  });
  app.notFound(async (context) => {
    await world.visit('nowhere');
    return context.text('nowhere', 404);
  });
  app.onError(async (_error, context) => {
    await world.visit('error');
    return context.text('failed', 500);
  });
  return app;
}

function optionsOf({ tags, ...limits }: ScopeChoices): RequestScopeOptions<Context> {
  return tags === undefined
    ? limits
    : { ...limits, tags: (context) => tags((name) => context.req.header(name)) };
}
