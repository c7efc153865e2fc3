export type { RoutedRequest } from './express-route.ts';
export { expressScope } from './express-scope.ts';
export type { ExpressMiddleware, ExpressRequest } from './express-scope.ts';
export { fastifyScope } from './fastify-scope.ts';
export type {
  FastifyReplyShape,
  FastifyRequestShape,
  FastifyScopePlugin,
  FastifyShape,
} from './fastify-scope.ts';
export type { HealthAnswer, HealthPaths } from './health-answer.ts';
export { expressHealth, fastifyHealth, healthHandler } from './health-routes.ts';
export type {
  FastifyHealthReply,
  FastifyHealthShape,
  HealthHandler,
  HealthMiddleware,
  NodeRequestShape,
  NodeResponseShape,
} from './health-routes.ts';
export type { RoutedHonoRequest } from './hono-route.ts';
export { honoScope } from './hono-scope.ts';
export type { HonoContext, HonoMiddleware } from './hono-scope.ts';
export type { ClosingResponse } from './request-scope.ts';
export type { RequestScopeOptions } from './scope-options.ts';
export { terminusHealth } from './terminus-health.ts';
export type { TerminusSession } from './terminus-health.ts';
