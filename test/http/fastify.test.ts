import { currentSession } from '@lifeguard/core';
import { outsideAsyncContext } from '@lifeguard/core/adapter';
import { fastifyScope } from '@lifeguard/core/http';
import fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startFastify } from './fastify-application.ts';
import { describeRequestScopes } from './request-contract.ts';
import { until } from './until.ts';
import { World } from './world.ts';

describeRequestScopes('Fastify 5', startFastify);

describe('the plugin for Fastify', () => {
  test('holds for the plugins inside its instance, and names their routes with the prefix', async () => {
    const { app, world } = makeApp();
    await app.register(fastifyScope);
    await app.register(async (inner) => addRoute(inner, world, '/orders/:id'), { prefix: '/api' });
    await app.inject('/api/orders/7?token=secret');
    expect(world.scopeOf('/orders/:id').name).toBe('GET /api/orders/:id');
  });

  test('does not hold for the instance around its own', async () => {
    const { app, world } = makeApp();
    await app.register(async (inner) => {
      await inner.register(fastifyScope);
      addRoute(inner, world, '/inner');
    });
    addRoute(app, world, '/outer');
    await app.inject('/outer');
    await app.inject('/inner');
    expect(world.visits).toEqual([
      { what: '/outer', scope: undefined },
      { what: '/inner', scope: world.scopeOf('/inner') },
    ]);
  });

  test('opens one scope when it is registered twice', async () => {
    const { app, world } = makeApp();
    await app.register(fastifyScope, { tags: () => ({ by: 'the first' }) });
    await app.register(fastifyScope, { tags: () => ({ by: 'the second' }) });
    addRoute(app, world, '/');
    await app.inject('/');
    expect(world.scopeOf('/')).toMatchObject({ tags: { by: 'the first' }, parent: undefined });
  });

  test('leads back into the scope behind hooks that lose the context', async () => {
    const { app, world } = makeApp();
    await app.register(fastifyScope);
    app.addHook('onRequest', (_request, _reply, done) => outsideAsyncContext(done));
    app.addHook('preValidation', (_request, _reply, done) => {
      expect(currentSession()?.name).toBe('GET /');
      outsideAsyncContext(done);
    });
    addRoute(app, world, '/');
    await app.inject('/');
    expect(world.scopeOf('/').name).toBe('GET /');
  });

  test('keeps a parser of a content type in the scope', async () => {
    const { app, world } = makeApp();
    await app.register(fastifyScope);
    app.addContentTypeParser(
      'text/lines',
      { parseAs: 'string' },
      async (_request: unknown, body: unknown) => {
        await world.visit('parser');
        return body;
      },
    );
    app.post('/', async () => 'ok');
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    const pieces = new Blob(['one\n', 'two\n']).stream();
    const init = { method: 'POST', body: pieces, duplex: 'half', headers: { 'content-type': 'text/lines' } };
    expect((await fetch(url, init as RequestInit)).status).toBe(200);
    expect(world.scopeOf('parser').name).toBe('POST /');
  });

  test('ends the scope of an injected request', async () => {
    const { app, world } = makeApp();
    await app.register(fastifyScope);
    addRoute(app, world, '/');
    await app.inject('/');
    await until('it has ended', () => world.scopeOf('/').state === 'ended');
  });

  test('refuses an option that does not exist, but not those of register', async () => {
    const misspelt = fastify();
    await expect(misspelt.register(fastifyScope, { timeoutMS: 5 } as object)).rejects.toThrow(/timeoutMs/);
    const { app } = makeApp();
    await app.register(fastifyScope, { prefix: '/api', timeoutMs: 5_000 });
    await app.ready();
  });
});

/** An application that is closed with the test. */
function makeApp(): { readonly app: FastifyInstance; readonly world: World } {
  const app = fastify();
  onTestFinished(() => app.close());
  return { app, world: new World() };
}

function addRoute(app: FastifyInstance, world: World, path: string): void {
  app.get(path, async () => {
    await world.visit(path);
    return 'ok';
  });
}
