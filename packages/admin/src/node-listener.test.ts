import { createServer, request as ask } from 'node:http';
import type { IncomingMessage, RequestListener, RequestOptions } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { TOKEN, makeHandler, makePool, until } from '../test/admin-world.ts';
import { toNodeListener } from './node-listener.ts';

async function listen(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function send(port: number, options: RequestOptions, body?: string): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const headers = { authorization: `Bearer ${TOKEN}`, ...(options.headers as Record<string, string>) };
  ask({ port, host: '127.0.0.1', agent: false, ...options, headers }, resolve)
    .on('error', reject)
    .end(body);
  return promise;
}

async function textOf(message: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of message) text += String(chunk);
  return text;
}

describe('behind node:http', () => {
  it('a request is answered, with its status and headers', async () => {
    const { pool } = makePool();
    const port = await listen(toNodeListener(makeHandler({ pools: [pool] })));
    const good = await send(port, { path: '/v1/health' });
    expect([good.statusCode, good.headers['cache-control']]).toEqual([200, 'no-store']);
    expect(JSON.parse(await textOf(good))).toMatchObject({ status: 'healthy' });
    expect((await send(port, { path: '/v1/health', headers: { authorization: '' } })).statusCode).toBe(401);
    expect((await send(port, { path: '/v1/health', headers: { host: 'evil.example' } })).statusCode).toBe(
      421,
    );
  });

  it.each(['//evil.example/v1', '/v1/%00', '/v1/health#x', '/%'])(
    'the path %s harms nobody',
    async (path) => {
      const port = await listen(toNodeListener(makeHandler({ pools: [] })));
      expect((await send(port, { path })).statusCode).toBeLessThan(500);
    },
  );

  it('a whole address as the path, or a method that is none, is 400', async () => {
    const port = await listen(toNodeListener(makeHandler({ pools: [] })));
    expect((await send(port, { path: 'http://evil.example/v1' })).statusCode).toBe(400);
    expect((await send(port, { path: '/v1', method: 'TRACE' })).statusCode).toBe(400);
  });

  const resize = {
    method: 'POST',
    path: '/v1/pools/main/evict',
    headers: { 'content-type': 'application/json' },
  };

  it('a body is read', async () => {
    const port = await listen(toNodeListener(makeHandler({ pools: [makePool().pool], allow: ['evict'] })));
    expect((await send(port, resize, '{}')).statusCode).toBe(200);
    expect((await send(port, resize, '{"force":true}')).statusCode).toBe(400);
    expect((await send(port, resize, ' '.repeat(100_000))).statusCode).toBe(413);
  });

  it('a body that a parser has read already is taken from it', async () => {
    const listener = toNodeListener(makeHandler({ pools: [makePool().pool], allow: ['evict'] }));
    const port = await listen((request, response) => {
      void textOf(request).then((text) => {
        const parsed = text === '' ? {} : { body: JSON.parse(text) as unknown };
        listener(Object.assign(request, parsed), response);
      });
    });
    expect((await send(port, resize, '{"force":true}')).statusCode).toBe(400);
    expect((await send(port, resize, '{}')).statusCode).toBe(200);
    expect((await send(port, { ...resize, headers: {} })).statusCode).toBe(200);
  });

  it('events come as they happen, and a reader that goes is not listened for', async () => {
    const { pool, clock } = makePool({ leakThresholdMs: 1_000 });
    let listeners = 0;
    const counted = {
      name: 'main',
      snapshot: () => pool.snapshot(),
      evict: () => undefined,
      suspend: () => undefined,
      resume: () => undefined,
      on: (event: 'leak', listener: (payload: unknown) => void) => {
        const off = pool.on(event, listener);
        listeners += 1;
        return () => {
          off();
          listeners -= 1;
        };
      },
    };
    const port = await listen(toNodeListener(makeHandler({ pools: [counted] })));
    const response = await send(port, { path: '/v1/events' });
    expect(response.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    const lease = await pool.acquire();
    await clock.advance(3_000);
    let text = '';
    for await (const chunk of response) {
      text += String(chunk);
      if (text.includes('event: leak')) break;
    }
    response.destroy();
    await until('nobody listens', () => listeners === 0);
    lease.release();
  });

  it('a handler that fails costs a connection, and no process', async () => {
    const port = await listen(toNodeListener(() => Promise.reject(new Error('broken'))));
    await expect(send(port, { path: '/v1' })).rejects.toThrow(/socket hang up|ECONNRESET/);
  });
});
