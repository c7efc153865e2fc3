import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { DatabaseHealth } from '@lifeguard/core';
import type { ReadinessStatus } from '@lifeguard/core';
import { expressHealth, fastifyHealth, healthHandler } from '@lifeguard/core/http';
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import { describe, expect, test } from 'vitest';

// Its types are those of Express 5, as far as they are used.
const express4 = createRequire(import.meta.url)('express4') as typeof express;

interface Application extends AsyncDisposable {
  readonly url: string;
}

type Start = (health: DatabaseHealth) => Promise<Application>;

/** What is started on a free port, and stopped with its connections. */
async function listen(listener: Parameters<typeof createServer>[1]): Promise<Application> {
  const server = createServer(listener as never);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

const FRAMEWORKS: Readonly<Record<string, Start>> = {
  'Express 5': (health) => listen(express().use(expressHealth(health))),
  'Express 4': (health) => listen(express4().use(expressHealth(health))),
  'node:http': (health) => {
    const middleware = expressHealth(health);
    return listen((request, response) => middleware(request, response, () => response.writeHead(404).end()));
  },
  async Fastify(health) {
    const app = fastify();
    await app.register(fastifyHealth, { health });
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    return { url, [Symbol.asyncDispose]: () => app.close() };
  },
  async Hono(health) {
    const handle = healthHandler(health);
    const app = new Hono().get('/:probe', async (c) => (await handle(c.req.raw)) ?? c.notFound());
    const { promise, resolve } = Promise.withResolvers<number>();
    const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => resolve(port));
    return {
      url: `http://127.0.0.1:${await promise}`,
      async [Symbol.asyncDispose]() {
        await new Promise((done) => {
          server.close(done);
        });
      },
    };
  },
};

describe.each(Object.entries(FRAMEWORKS))('the health endpoints in %s', (_name, start) => {
  test.each<[ReadinessStatus, number]>([
    ['ready', 200],
    ['degraded', 200],
    ['unreachable', 503],
  ])('answer for a database that is %s with %i, and always that the process lives', async (status, code) => {
    let checks = 0;
    const checkHealth = async () => {
      checks += 1;
      return { pool: 'main', status, reason: undefined, used: 1, max: 2, pending: 0 };
    };
    const health = new DatabaseHealth({ name: 'main', checkHealth }, { maxAgeMs: 60_000 });
    await using app = await start(health);
    const live = await fetch(`${app.url}/livez`);
    expect([live.status, await live.json(), checks]).toEqual([200, { status: 'live' }, 0]);
    const ready = await Promise.all([1, 2, 3].map(() => fetch(`${app.url}/readyz`)));
    for (const response of ready) {
      expect(response.status).toBe(code);
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(response.headers.get('content-type')).toContain('application/json');
      expect(await response.json()).toMatchObject({ status, pools: [{ used: 1, max: 2 }] });
    }
    expect(checks).toBe(1);
    expect((await fetch(`${app.url}/elsewhere`)).status).toBe(404);
    health.drain();
    expect((await fetch(`${app.url}/readyz`)).status).toBe(503);
  });
});
