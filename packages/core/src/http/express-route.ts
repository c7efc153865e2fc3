/** The part of Express's request that names its route. */
export interface RoutedRequest {
  readonly baseUrl?: string;
  readonly route?: unknown;
}

/** The pattern of the route that took the request, if one has. */
export type RoutePattern = () => string | undefined;

/**
 * Watches which route takes the request. A router forgets `baseUrl` when it hands an error on, and a lease is leaked on
 * just that path; so the pattern is noted when the route is set.
 */
export function watchRoute(request: RoutedRequest): RoutePattern {
  let route = request.route;
  let pattern = patternOf(request.baseUrl, route);
  Object.defineProperty(request, 'route', {
    configurable: true,
    enumerable: true,
    get: () => route,
    set: (next: unknown) => {
      route = next;
      pattern = patternOf(request.baseUrl, next) ?? pattern;
    },
  });
  return () => pattern;
}

/** A path is a string, a regular expression, or a list of both. */
function patternOf(baseUrl: string | undefined, route: unknown): string | undefined {
  if (typeof route !== 'object' || route === null || !('path' in route)) return undefined;
  const paths = Array.isArray(route.path) ? route.path : [route.path];
  const path = paths.map(String).join('|');
  // The route "/" of a router that is mounted on "/orders" is "/orders".
  return baseUrl !== undefined && baseUrl !== '' && path === '/' ? baseUrl : `${baseUrl ?? ''}${path}`;
}
