import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { Session, currentSession } from '../session.ts';
import { scopeOf, scopeOpener, whenClosed } from './request-scope.ts';
import { bindEvents, within } from './scope-context.ts';

describe('the scope of a request', () => {
  it('is found by its response until nobody has that any more', () => {
    const response = {};
    const { scope, end } = scopeOpener({})(response, {
      request: {},
      name: () => 'GET /',
      traceparent: undefined,
    });
    end();
    expect(scopeOf(response)).toBe(scope);
    expect(scopeOf({})).toBeUndefined();
  });

  it('asks for its name until it ends, and then keeps the last', () => {
    let name: string | undefined;
    const incoming = { request: {}, name: () => name, traceparent: undefined };
    const { scope, end } = scopeOpener({})({}, incoming);
    expect(scope.name).toBeUndefined();
    name = 'GET /orders/:id';
    expect(scope.name).toBe('GET /orders/:id');
    end();
    name = 'another';
    expect(scope.name).toBe('GET /orders/:id');
  });

  it('ends although its name throws', () => {
    const name = (): string => {
      throw new Error('no name');
    };
    const { scope, end } = scopeOpener({})({}, { request: {}, name, traceparent: undefined });
    end();
    expect([scope.state, scope.name]).toEqual(['ended', undefined]);
  });
});

describe('the end of a response', () => {
  it('is waited for, once, and leaves no listener', () => {
    const response = new EventEmitter() as EventEmitter & { closed?: boolean };
    let ends = 0;
    whenClosed(response, () => (ends += 1));
    expect(ends).toBe(0);
    response.emit('close');
    response.emit('close');
    expect([ends, response.listenerCount('close')]).toEqual([1, 0]);
  });

  it('has come when its request tells that the connection has gone, though the answer was still queued', () => {
    const [response, request] = [new EventEmitter(), new EventEmitter()];
    let ends = 0;
    whenClosed(response, () => (ends += 1), request);
    request.emit('aborted');
    expect(ends).toBe(1);
  });

  it.each([{ closed: true }, { destroyed: true }])('has come when it is %j', (state) => {
    const response = Object.assign(new EventEmitter(), state);
    let ends = 0;
    whenClosed(response, () => (ends += 1));
    expect([ends, response.listenerCount('close')]).toEqual([1, 0]);
  });
});

describe('within a scope', () => {
  const scope = new Session({ name: 'request', timeoutMs: Infinity }, undefined);

  it('is where the events of a request are told, whoever emits them', () => {
    const request = new EventEmitter();
    bindEvents(request, scope);
    const seen: unknown[] = [];
    request.on('data', (...chunk) => seen.push(currentSession(), ...chunk));
    expect([request.emit('data', 1, 2), request.emit('nothing')]).toEqual([true, false]);
    expect(seen).toEqual([scope, 1, 2]);
  });

  it('a session that was begun inside stays the innermost', () => {
    const inner = new Session({ name: 'block' }, scope);
    expect(inner.run(() => within(scope, currentSession))).toBe(inner);
    inner.end();
  });

  it('is entered from the scope of somebody else', () => {
    const other = new Session({ name: 'other', timeoutMs: Infinity }, undefined);
    expect(other.run(() => within(scope, currentSession))).toBe(scope);
  });

  it('a request without events is left as it is', () => {
    const request = {};
    bindEvents(request, scope);
    expect(request).toEqual({});
  });
});
