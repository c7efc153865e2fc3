/** The part of Hono's request that names its route. */
export interface RoutedHonoRequest {
  /** Everything that matches, middleware too, in the order in which it runs. */
  readonly matchedRoutes?: readonly { readonly method: string; readonly path: string }[];
  /** Which of them was started last. */
  readonly routeIndex?: number;
}

/**
 * The pattern of the handler that takes the request: of the one that runs, or, while a middleware does, of the first behind
 * it. A pattern for all methods that ends in `*` is a middleware's; when there is nothing else, nobody takes the request.
 */
export function honoRoute({ matchedRoutes = [], routeIndex = 0 }: RoutedHonoRequest): string | undefined {
  const left = matchedRoutes.slice(routeIndex);
  return left.find(({ method, path }) => method !== 'ALL' || !path.endsWith('*'))?.path;
}
