import { createRequire } from 'node:module';
import { currentSession } from '@lifeguard/core';
import { outsideAsyncContext } from '@lifeguard/core/adapter';
import { expressScope } from '@lifeguard/core/http';
import express from 'express';
import { describe, expect, test } from 'vitest';
import { expressApplication, listen } from './express-application.ts';
import { begin, get } from './http-client.ts';
import { describeRequestScopes } from './request-contract.ts';
import { until } from './until.ts';
import { World } from './world.ts';

// What both have in common is all that is used, so that the types of 5 do for 4.
const require = createRequire(import.meta.url);
const express4 = require('express4') as typeof express;

describeRequestScopes('Express 5', expressApplication(express));
describeRequestScopes('Express 5 behind a body parser', expressApplication(express, { parserFirst: true }));
describeRequestScopes('Express 4', expressApplication(express4));

describe.each([
  ['Express 5', express],
  ['Express 4', express4],
])('the scope of %s', (_, framework) => {
  test('keeps the name of a route inside a router also when it fails', async () => {
    const world = await World.start((started) => {
      const router = framework.Router();
      router.get('/', (_request, response, next) => {
        started.visit('root').then(() => response.send('ok'), next);
      });
      router.get('/:id', (_request, _response, next) => {
        started.visit('item').then(() => next(new Error('it fails')), next);
      });
      const app = framework().use(expressScope()).use('/shop/orders', router);
      const onError: express.ErrorRequestHandler = (_error, _request, response, _next) => {
        void started.visit('error').then(() => response.status(500).send('failed'));
      };
      return listen(app.use(onError));
    });
    await get(world.port, '/shop/orders?token=secret');
    expect(world.scopeOf('root').name).toBe('GET /shop/orders');
    world.onVisit = (what) => what === 'error' && expect(currentSession()?.name).toBe('GET /shop/orders/:id');
    expect(await get(world.port, '/shop/orders/7')).toMatchObject({ status: 500, body: 'failed' });
    await until('it has ended', () => world.scopeOf('error').state === 'ended');
    expect(world.scopeOf('error').name).toBe('GET /shop/orders/:id');
  });

  test('that is mounted on a path is named by the whole path where no route takes the request', async () => {
    const world = await World.start((started) => {
      const app = framework().use('/shop', expressScope());
      app.use('/shop', (_request, response, next) => {
        started.visit('nowhere').then(() => response.status(404).send('nowhere'), next);
      });
      return listen(app);
    });
    await get(world.port, '/shop/nowhere?token=secret');
    expect(world.scopeOf('nowhere').name).toBe('GET /shop/nowhere');
  });

  test('is not lost in a body parser that knows nothing of asynchronous contexts', async () => {
    const world = await World.start((started) => {
      const app = framework().use(expressScope());
      app.use((request, _response, next) => {
        request.on('data', () => undefined);
        request.on('end', () => next());
      });
      app.post('/', (_request, response, next) => {
        started.visit('parsed').then(() => response.send('ok'), next);
      });
      return listen(app);
    });
    const call = begin(world.port, '/', { method: 'POST' });
    call.outgoing.write('one piece');
    await until('it is there', () => world.arrived === 1);
    call.outgoing.end('another');
    await call.answer();
    expect(world.scopeOf('parsed').name).toBe('POST /');
  });

  test('is entered again where the middleware is mounted once more', async () => {
    const world = await World.start((started) => {
      const app = framework().use(expressScope());
      const visit = (what: string): express.RequestHandler => {
        return (_request, _response, next) => void started.visit(what).then(() => next(), next);
      };
      app.use(visit('before'));
      app.use((_request, _response, next) => outsideAsyncContext(next));
      app.use(visit('lost'), expressScope(), visit('found'));
      app.use((_request, response) => void response.send(String(response.listenerCount('close'))));
      return listen(app);
    });
    const once = await get(world.port, '/');
    expect(world.visits.map(({ what, scope }) => [what, scope])).toEqual([
      ['before', world.scopeOf('before')],
      ['lost', undefined],
      ['found', world.scopeOf('before')],
    ]);
    expect(once.body).toBe('1');
  });
});

test('an option of expressScope that does not exist is refused when it is made', () => {
  expect(() => expressScope({ timeoutMS: 5 } as object)).toThrow(/did you mean "timeoutMs"/);
  expect(() => expressScope({ timeoutMs: -1 })).toThrow(/option "timeoutMs" must be/);
});
