import { describe, expect, it } from 'vitest';
import { requestName } from './request-name.ts';

describe('the name of a request', () => {
  it('is its method and the pattern of its route', () => {
    expect(requestName('GET', '/orders/:id', '/orders/7?token=secret')).toBe('GET /orders/:id');
  });

  it.each([
    ['/orders/7', 'GET /orders/7'],
    ['/orders?token=secret', 'GET /orders'],
    ['/orders#secret?', 'GET /orders'],
    ['?token=secret', 'GET /'],
    ['http://user:secret@host:80/orders?token=secret', 'GET /orders'],
    ['http://user:secret@host', 'GET /'],
    ['//host/orders', 'GET //host/orders'],
    ['*', 'GET *'],
  ])('without a route is its path, without anything secret: %s', (url, name) => {
    expect(requestName('GET', undefined, url)).toBe(name);
  });

  it('is cut when a stranger made it long', () => {
    expect(requestName('GET', undefined, `/${'a'.repeat(10_000)}`)).toHaveLength(200);
  });

  it('is all that is left when nothing is known', () => {
    expect(requestName(undefined, undefined, undefined)).toBe('? /');
  });
});
