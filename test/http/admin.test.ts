// The ways of docs/admin.md to mount the admin handler, each in its framework.

import { createServer, request as send } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRequire } from 'node:module';
import { createAdaptorServer } from '@hono/node-server';
import { adminHandler, toNodeListener } from '@lifeguard/admin';
import type { AdminHandler, AdminPool } from '@lifeguard/admin';
import { Pool } from '@lifeguard/core';
import { FakeConnector } from '@lifeguard/core/testing';
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import { describe, expect, onTestFinished, test } from 'vitest';
import { until } from './until.ts';

const require = createRequire(import.meta.url);
const express4 = require('express4') as typeof express;

const token = 'LgCanary9-token-of-the-admin-route';

/** Takes the handler for the routes below `/lifeguard`, and one for those without a prefix. */
type Mount = (admin: AdminHandler, bare: AdminHandler) => Promise<Server> | Server;

const MOUNTS: Readonly<Record<string, Mount>> = {
  'node:http': (admin) => createServer(toNodeListener(admin)),
  Hono: (admin) => {
    const app = new Hono();
    app.all('/lifeguard/*', (context) => admin(context.req.raw));
    return createAdaptorServer({ fetch: app.fetch }) as Server;
  },
  Fastify: async (admin) => {
    const app = fastify();
    const listener = toNodeListener(admin);
    app.all('/lifeguard/*', (request, reply) => {
      reply.hijack();
      listener(Object.assign(request.raw, { body: request.body }), reply.raw);
    });
    await app.ready();
    return app.server;
  },
  'Express 5': (_, bare) => createServer(express().use('/lifeguard', toNodeListener(bare))),
  'Express 5 behind a body parser': (_, bare) =>
    createServer(express().use(express.json()).use('/lifeguard', toNodeListener(bare))),
  'Express 4': (_, bare) => createServer(express4().use('/lifeguard', toNodeListener(bare))),
  'Express 4 behind a body parser': (_, bare) =>
    createServer(express4().use(express4.json()).use('/lifeguard', toNodeListener(bare))),
};

interface Mounted {
  readonly resized: unknown[];
  /** How many listeners the pool has. */
  listening(): number;
  /** Lets the pool tell something. */
  tell(): void;
  ask(
    path: string,
    options?: { method?: string; token?: string; body?: object; host?: string },
  ): Promise<IncomingMessage>;
}

async function mount(how: Mount): Promise<Mounted> {
  const pool = new Pool(new FakeConnector(), { name: 'main' });
  const resized: unknown[] = [];
  const listeners = new Set<(payload: unknown) => void>();
  const shown: AdminPool = {
    name: 'main',
    snapshot: () => pool.snapshot(),
    evict: () => pool.evict(),
    suspend: () => pool.suspend(),
    resume: () => pool.resume(),
    resize: (to) => void resized.push(to),
    on: (event, listener) => {
      if (event === 'stall') listeners.add(listener);
    },
    off: (_, listener) => listeners.delete(listener),
  };
  const options = { pools: [shown], token, allow: ['resize'] as const };
  const server = await how(adminHandler({ ...options, prefix: '/lifeguard' }), adminHandler(options));
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    resized,
    listening: () => listeners.size,
    tell: () => {
      for (const listener of listeners) listener({ lateMs: 40 });
    },
    ask: (path, { method = 'GET', token: sent = token, body, host = 'localhost' } = {}) => {
      const answered = Promise.withResolvers<IncomingMessage>();
      const headers = {
        host,
        authorization: `Bearer ${sent}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      };
      send(
        { port, host: '127.0.0.1', agent: false, path: `/lifeguard${path}`, method, headers },
        answered.resolve,
      )
        .on('error', answered.reject)
        .end(body === undefined ? undefined : JSON.stringify(body));
      return answered.promise;
    },
  };
}

async function jsonOf(message: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of message) text += String(chunk);
  return JSON.parse(text);
}

describe.each(Object.entries(MOUNTS))('the admin handler in %s', (_, how) => {
  test('answers who has the token', async () => {
    const { ask } = await mount(how);
    const answer = await ask('/v1/health?pool=main');
    expect([answer.statusCode, answer.headers['cache-control']]).toEqual([200, 'no-store']);
    expect(await jsonOf(answer)).toMatchObject({ status: 'healthy' });
    expect((await ask('/v1/health', { token: 'wrong-wrong-wrong-wrong' })).statusCode).toBe(401);
    expect((await ask('/v1/health', { host: 'evil.example' })).statusCode).toBe(421);
  });

  test('reads the arguments of an action', async () => {
    const { ask, resized } = await mount(how);
    const action = { method: 'POST', body: { size: 3 } };
    expect((await ask('/v1/pools/main/resize', action)).statusCode).toBe(200);
    expect(resized).toEqual([{ size: 3 }]);
    const wrong = { method: 'POST', body: { size: 3, force: true } };
    expect((await ask('/v1/pools/main/resize', wrong)).statusCode).toBe(400);
    // Without a body it is nothing to resize to, and nothing to wait for.
    expect((await ask('/v1/pools/main/resize', { method: 'POST' })).statusCode).toBe(400);
    expect((await ask('/v1/pools/main/suspend', { method: 'POST' })).statusCode).toBe(403);
  });

  test('tells events as they come, and does not listen for a reader that has gone', async () => {
    const { ask, listening, tell } = await mount(how);
    const response = await ask('/v1/events');
    await until('it listens', () => listening() === 1);
    tell();
    let text = '';
    for await (const chunk of response) {
      text += String(chunk);
      if (text.includes('event: stall')) break;
    }
    response.destroy();
    await until('it does not listen', () => listening() === 0);
  });
});
