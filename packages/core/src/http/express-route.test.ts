import { describe, expect, it } from 'vitest';
import { watchRoute } from './express-route.ts';

interface Request {
  baseUrl: string;
  route?: unknown;
}

/** The pattern after a router has set its route. */
function patternFor(baseUrl: string, path: unknown): string | undefined {
  const request: Request = { baseUrl };
  const pattern = watchRoute(request);
  request.route = { path };
  return pattern();
}

describe('the pattern of a route of Express', () => {
  it.each<[string, unknown, string]>([
    ['', '/', '/'],
    ['', '/orders/:id', '/orders/:id'],
    ['/api', '/orders/:id', '/api/orders/:id'],
    ['/api', '/', '/api'],
    ['/api', ['/orders', /^\/bills/], '/api/orders|/^\\/bills/'],
  ])('mounted at "%s" with the path %s is %s', (baseUrl, path, pattern) => {
    expect(patternFor(baseUrl, path)).toBe(pattern);
  });

  it('is unknown until a route is set', () => {
    expect(watchRoute({ baseUrl: '' })()).toBeUndefined();
  });

  it('is known when the route was set before', () => {
    expect(watchRoute({ baseUrl: '/api', route: { path: '/orders' } })()).toBe('/api/orders');
  });

  it('stays what it was when the router forgets where it is mounted', () => {
    const request: Request = { baseUrl: '/api' };
    const pattern = watchRoute(request);
    request.route = { path: '/orders' };
    request.baseUrl = '';
    expect(pattern()).toBe('/api/orders');
    request.route = undefined;
    expect(pattern()).toBe('/api/orders');
  });

  it('leaves the route as it was set', () => {
    const request: Request = { baseUrl: '' };
    watchRoute(request);
    const route = { path: '/' };
    request.route = route;
    expect(request.route).toBe(route);
    expect(Object.keys(request)).toEqual(['baseUrl', 'route']);
  });
});
