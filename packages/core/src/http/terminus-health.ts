import type { DatabaseHealth, Readiness } from '../health/database-health.ts';

/** What `HealthIndicatorService.check(key)` of NestJS Terminus gives, by its shape; before 12 it cannot say `degraded`. */
export interface TerminusSession<Up, Down, Degraded = Up> {
  up(data: Record<string, unknown>): Up;
  down(data: Record<string, unknown>): Down;
  degraded?(data: Record<string, unknown>): Degraded;
}

/**
 * An indicator for NestJS Terminus (11 and 12). `degraded` leaves the answer at 200; before Terminus 12 it counts as `up`.
 *
 * @example
 * readyz() { // with `@Get('readyz') @HealthCheck()`
 *   return this.checks.check([() => terminusHealth(this.indicators.check('database'), this.health)]);
 * }
 */
export async function terminusHealth<Up, Down, Degraded = Up>(
  session: TerminusSession<Up, Down, Degraded>,
  health: DatabaseHealth,
): Promise<Up | Down | Degraded> {
  const readiness = await health.ready();
  // Under no name of Terminus's own, which keeps "status" for itself.
  const data = { readiness: readiness.status, pools: readiness.pools };
  return verdictOf(session, readiness, data);
}

function verdictOf<Up, Down, Degraded>(
  session: TerminusSession<Up, Down, Degraded>,
  { status }: Readiness,
  data: Record<string, unknown>,
): Up | Down | Degraded {
  switch (status) {
    case 'ready':
      return session.up(data);
    case 'degraded':
      return session.degraded === undefined ? session.up(data) : session.degraded(data);
    case 'unreachable':
    case 'draining':
      return session.down(data);
    /* v8 ignore next -- a status that is missing above does not compile */
    default:
      return status satisfies never;
  }
}
