import { currentSession } from '@lifeguard/core';
import { honoScope } from '@lifeguard/core/http';
import { Hono } from 'hono';
import { describe, expect, test } from 'vitest';
import { honoApplication, startHono } from './hono-application.ts';
import { describeRequestScopes } from './request-contract.ts';
import { World } from './world.ts';

describeRequestScopes('Hono 4', startHono);

describe('without a response of Node’s, the scope of Hono', () => {
  test('ends with the handler', async () => {
    const world = new World();
    const states: unknown[] = [];
    world.onVisit = () => states.push(currentSession()?.state);
    expect(await (await honoApplication(world).request('/orders/7?token=secret')).text()).toBe('ok');
    const scope = world.scopeOf('7');
    expect([scope.name, states, scope.state]).toEqual(['GET /orders/:id', ['open'], 'ended']);
  });

  test('ends with the handler that throws', async () => {
    const world = new World();
    expect((await honoApplication(world).request('/fails')).status).toBe(500);
    expect(world.scopeOf('error')).toMatchObject({ name: 'GET /fails', state: 'ended' });
  });

  test('does not wait for a body that streams', async () => {
    const world = new World();
    world.chunks = async function* () {
      yield 'late';
    };
    const response = await honoApplication(world).request('/stream');
    expect(world.scopeOf('stream').state).toBe('ended');
    expect(await response.text()).toBe('late');
  });
});

describe('the scope of Hono', () => {
  test('is named by the handler, also while a middleware runs, and after it', async () => {
    const names: unknown[] = [];
    const note = (): unknown => names.push(currentSession()?.name);
    const orders = new Hono().get('/orders/:id', (context) => context.text(String(note())));
    const app = new Hono()
      .use(honoScope())
      .use('/api/*', async (_context, next) => {
        note();
        await next();
        note();
      })
      .route('/api', orders)
      .get('*', (context) => context.text('a page'));
    await app.request('/api/orders/7');
    expect(names).toEqual(Array.from({ length: 3 }, () => 'GET /api/orders/:id'));
  });

  test('is opened once when the middleware is mounted twice', async () => {
    const scopes: unknown[] = [];
    const app = new Hono()
      .use(honoScope())
      .use(async (_context, next) => {
        scopes.push(currentSession());
        await next();
        scopes.push(currentSession());
      })
      .use(honoScope())
      .get('/', (context) => context.text(String(scopes.push(currentSession()))));
    await app.request('/');
    expect(new Set(scopes).size).toBe(1);
    expect(scopes[0]).toMatchObject({ name: 'GET /', parent: undefined });
  });
});
