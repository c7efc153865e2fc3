import { connect } from 'node:net';
import process from 'node:process';
import { Pool, currentSession } from '@lifeguard/core';
import type { LeakReport, Lease, PoolOptions, Session } from '@lifeguard/core';
import { FakeConnector } from '@lifeguard/core/testing';
import type { FakeConnection } from '@lifeguard/core/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { begin, get, oneConnection } from './http-client.ts';
import { until } from './until.ts';
import { World } from './world.ts';
import type { StartApplication } from './world.ts';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const TRACEPARENT = `00-${TRACE_ID}-b7ad6b7169203331-01`;

/** What holds for the scopes of requests, whatever the framework. */
export function describeRequestScopes(framework: string, start: StartApplication): void {
  describe(`the scope of a request of ${framework}`, () => {
    describeIdentity(start);
    describeContext(start);
    describeEnd(start);
    describeListeners(start);
    describeLeases(start);
  });
}

function describeIdentity(start: StartApplication): void {
  test('is named by method and route, without the query string', async () => {
    const world = await World.start(start);
    expect(await get(world.port, '/orders/7?token=secret')).toEqual({ status: 200, body: 'ok' });
    const scope = world.scopeOf('7');
    expect([scope.kind, scope.name, scope.parent]).toEqual(['request', 'GET /orders/:id', undefined]);
    expect(scope.remainingMs).toBe(Infinity);
  });

  test('that no route takes is named by its path', async () => {
    const world = await World.start(start);
    expect(await get(world.port, '/nowhere/at/all?token=secret')).toMatchObject({ status: 404 });
    expect(world.scopeOf('nowhere').name).toBe('GET /nowhere/at/all');
    await until('it has ended', () => world.scopeOf('nowhere').state === 'ended');
  });

  test('has the tags, and the trace of the caller', async () => {
    const world = await World.start(start, { tags: (header) => ({ tenant: header('x-tenant') ?? '' }) });
    await get(world.port, '/orders/1', { headers: { 'x-tenant': 'acme', traceparent: TRACEPARENT } });
    await get(world.port, '/orders/2', { headers: { 'x-tenant': 'acme', traceparent: `${TRACEPARENT}-x` } });
    expect(world.scopeOf('1')).toMatchObject({ tags: { tenant: 'acme' }, traceId: TRACE_ID });
    expect(world.scopeOf('2')).toMatchObject({ tags: { tenant: 'acme' }, traceId: undefined });
  });

  test('goes without tags when making them throws, and the request is answered', async () => {
    const world = await World.start(start, {
      tags: () => {
        throw new Error('no tags today');
      },
    });
    const warned = nextWarning();
    expect(await get(world.port, '/orders/1')).toMatchObject({ status: 200 });
    expect(world.scopeOf('1').tags).toEqual({});
    expect((await warned).message).toContain('no tags today');
  });
}

function describeContext(start: StartApplication): void {
  test('is that of the handler also behind a body that comes in pieces', async () => {
    const world = await World.start(start);
    const call = begin(world.port, '/orders', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
    });
    call.outgoing.write('{"id":');
    await until('the first piece is there', () => world.arrived === 1);
    call.outgoing.end('"seven"}');
    expect(await call.answer()).toEqual({ status: 200, body: '{"id":"seven"}' });
    expect(world.scopeOf('seven').name).toBe('POST /orders');
  });

  test('is its own on a connection that is kept alive', async () => {
    const world = await World.start(start);
    const agent = oneConnection();
    await get(world.port, '/orders/1', { agent });
    await get(world.port, '/orders/2', { agent });
    expect(world.sockets).toHaveLength(1);
    expect(world.scopeOf('2')).not.toBe(world.scopeOf('1'));
    expect(world.scopeOf('2').parent).toBeUndefined();
  });

  test('never mixes with those of others at the same time', async () => {
    const world = await World.start(start, { tags: (header) => ({ id: header('x-id') ?? '' }) });
    const ids = Array.from({ length: 20 }, (_, index) => String(index));
    const all = Promise.withResolvers<void>();
    world.onVisit = () => {
      if (world.visits.length === ids.length) all.resolve();
      return all.promise;
    };
    await Promise.all(ids.map((id) => get(world.port, `/orders/${id}`, { headers: { 'x-id': id } })));
    expect(ids.map((id) => world.scopeOf(id).tags['id'])).toEqual(ids);
  });

  test('is over for work that goes on after the answer', async () => {
    const world = await World.start(start);
    const answered = Promise.withResolvers<void>();
    const late = Promise.withResolvers<[Session | undefined]>();
    world.onVisit = () => {
      // Not awaited: fire and forget.
      void answered.promise.then(() => late.resolve([currentSession()]));
    };
    await get(world.port, '/orders/1');
    await until('the scope has ended', () => world.scopeOf('1').state === 'ended');
    answered.resolve();
    expect(await late.promise).toEqual([undefined]);
  });
}

function describeEnd(start: StartApplication): void {
  test('comes with the answer, also to HEAD', async () => {
    const world = await World.start(start);
    expect(await get(world.port, '/orders/1', { method: 'HEAD' })).toEqual({ status: 200, body: '' });
    expect(world.scopeOf('1').name).toBe('HEAD /orders/:id');
    await until('it has ended', () => world.scopeOf('1').state === 'ended');
  });

  test('comes when the client goes away in the middle', async () => {
    const world = await World.start(start);
    const gate = Promise.withResolvers<void>();
    world.onVisit = () => gate.promise;
    const call = begin(world.port, '/orders/1');
    call.outgoing.end();
    await until('the handler runs', () => world.visits.length === 1);
    expect(world.scopeOf('1').state).toBe('open');
    call.outgoing.destroy();
    await until('it has ended', () => world.scopeOf('1').state === 'ended');
    expect(world.scopeOf('1').name).toBe('GET /orders/:id');
  });

  test('comes when the connection breaks off while the answer is queued behind another one', async () => {
    const world = await World.start(start);
    const gate = Promise.withResolvers<void>();
    world.onVisit = () => gate.promise;
    const socket = connect(world.port, '127.0.0.1');
    socket.write(['1', '2'].map((id) => `GET /orders/${id} HTTP/1.1\r\nHost: x\r\n\r\n`).join(''));
    await until('both run', () => world.visits.length === 2);
    socket.destroy();
    gate.resolve();
    await until('both have ended', () => ['1', '2'].every((id) => world.scopeOf(id).state === 'ended'));
  });

  test('comes after the error handler, which runs in it, when a handler throws', async () => {
    const world = await World.start(start);
    expect(await get(world.port, '/fails')).toMatchObject({ status: 500 });
    expect(world.scopeOf('error')).toBe(world.scopeOf('fails'));
    expect(world.scopeOf('fails').name).toBe('GET /fails');
    await until('it has ended', () => world.scopeOf('fails').state === 'ended');
  });

  test('waits for a body that streams', async () => {
    const world = await World.start(start);
    const rest = Promise.withResolvers<void>();
    world.chunks = async function* () {
      yield 'first ';
      await rest.promise;
      yield 'second';
    };
    const call = begin(world.port, '/stream');
    call.outgoing.end();
    await call.head;
    expect(world.scopeOf('stream').state).toBe('open');
    rest.resolve();
    expect(await call.answer()).toEqual({ status: 200, body: 'first second' });
    await until('it has ended', () => world.scopeOf('stream').state === 'ended');
  });
}

function describeListeners(start: StartApplication): void {
  test('leaves no listener behind on a connection, and makes no warning of them', async () => {
    const world = await World.start(start);
    const agent = oneConnection();
    const warnings: Error[] = [];
    const onWarning = (warning: Error): unknown => warnings.push(warning);
    process.on('warning', onWarning);
    onTestFinished(() => void process.off('warning', onWarning));
    const listeners = (): (number | undefined)[] =>
      ['close', 'error', 'end', 'data'].map((name) => world.sockets[0]?.listenerCount(name));
    await get(world.port, '/orders/first', { agent });
    const before = listeners();
    for (let index = 0; index < 30; index += 1) await get(world.port, `/orders/${index}`, { agent });
    expect(world.sockets).toHaveLength(1);
    expect(listeners()).toEqual(before);
    expect(warnings).toEqual([]);
  });
}

function describeLeases(start: StartApplication): void {
  test('makes a lease orphaned that is still open after it', async () => {
    const world = await World.start(start, { tags: () => ({ tenant: 'acme' }) });
    const pool = makePool({ orphanGraceMs: 0, monitorIntervalMs: 10 });
    const reports: LeakReport[] = [];
    pool.on('leak', (report) => reports.push(report));
    const leaked: Lease<FakeConnection>[] = [];
    world.onVisit = async () => leaked.push(await pool.acquire());
    await get(world.port, '/orders/7', { headers: { traceparent: TRACEPARENT } });
    await until('it is reported', () => reports.length === 1);
    expect(reports[0]).toMatchObject({
      evidence: ['orphaned'],
      lease: {
        session: { kind: 'request', name: 'GET /orders/:id', tags: { tenant: 'acme' }, traceId: TRACE_ID },
      },
    });
    for (const lease of leaked) lease.release();
  });

  test('takes leases back at its limit, and the next request of the connection is served', async () => {
    const world = await World.start(start, { timeoutMs: 40 });
    const pool = makePool();
    const agent = oneConnection();
    const taken: Lease<FakeConnection>[] = [];
    world.onVisit = async () => {
      const lease = await pool.acquire();
      if (taken.push(lease) > 1) lease.release();
      else await until('it is taken back', () => !lease.isOpen);
    };
    expect(await get(world.port, '/orders/1', { agent })).toMatchObject({ status: 200 });
    expect(world.scopeOf('1').state).toBe('expired');
    expect(taken[0]?.record.state).toMatchObject({ kind: 'revoked', error: { reason: 'session-timeout' } });
    expect(await get(world.port, '/orders/2', { agent })).toMatchObject({ status: 200 });
    expect(world.sockets).toHaveLength(1);
  });

  test('has a threshold for leaks of its own, if it is given one', async () => {
    const world = await World.start(start, { leakThresholdMs: 5_000 });
    await get(world.port, '/orders/1');
    expect(world.scopeOf('1').leakThresholdMs).toBe(5_000);
  });
}

/** A pool of one connection that is only an object. It ends with the test, and nothing may be open then. */
function makePool(options: PoolOptions = {}): Pool<FakeConnection> {
  const logger = { warn: () => undefined, error: () => undefined };
  const pool = new Pool(new FakeConnector(), { size: 1, maxOverflow: 0, logger, ...options });
  onTestFinished(async () => {
    expect(pool.counts()).toMatchObject({ used: 0, pending: 0 });
    await pool.close({ drainMs: 0 });
  });
  return pool;
}

function nextWarning(): Promise<Error> {
  return new Promise((resolve) => {
    process.once('warning', resolve);
  });
}
