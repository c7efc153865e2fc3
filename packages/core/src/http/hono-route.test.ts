import { describe, expect, it } from 'vitest';
import { honoRoute } from './hono-route.ts';

const MIDDLEWARE = { method: 'ALL', path: '/*' };
const HANDLER = { method: 'GET', path: '/orders/:id' };
const FALLBACK = { method: 'GET', path: '*' };

describe('the pattern of a route of Hono', () => {
  it('is that of the handler behind the middleware that runs', () => {
    expect(honoRoute({ matchedRoutes: [MIDDLEWARE, HANDLER, FALLBACK], routeIndex: 0 })).toBe('/orders/:id');
  });

  it('is that of the handler that runs', () => {
    expect(honoRoute({ matchedRoutes: [MIDDLEWARE, HANDLER, FALLBACK], routeIndex: 1 })).toBe('/orders/:id');
    expect(honoRoute({ matchedRoutes: [MIDDLEWARE, HANDLER, FALLBACK], routeIndex: 2 })).toBe('*');
  });

  it('is that of a handler for all methods', () => {
    const all = { method: 'ALL', path: '/orders/:id' };
    expect(honoRoute({ matchedRoutes: [MIDDLEWARE, all], routeIndex: 0 })).toBe('/orders/:id');
  });

  it('is unknown where only middleware matches, or Hono does not tell', () => {
    expect(honoRoute({ matchedRoutes: [MIDDLEWARE], routeIndex: 0 })).toBeUndefined();
    expect(honoRoute({})).toBeUndefined();
  });
});
