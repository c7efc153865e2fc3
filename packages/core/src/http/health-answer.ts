import type { DatabaseHealth } from '../health/database-health.ts';

/** An answer of a health endpoint. */
export interface HealthAnswer {
  /** 200, also when `degraded`; 503. */
  readonly status: 200 | 503;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Where the endpoints are. */
export interface HealthPaths {
  /** Whether the process lives. Asks no database. @default '/livez' */
  readonly livez?: string;
  /** Whether it should get requests. @default '/readyz' */
  readonly readyz?: string;
}

const HEADERS = Object.freeze({
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
});

/** The answer for this path; `undefined` when it is neither of the two, or the method is not one that reads. */
export function healthAnswer(
  health: DatabaseHealth,
  { method, path }: { readonly method: string; readonly path: string },
  { livez = '/livez', readyz = '/readyz' }: HealthPaths = {},
): Promise<HealthAnswer> | undefined {
  if (method !== 'GET' && method !== 'HEAD') return undefined;
  if (path === livez) return Promise.resolve(answer(200, { status: 'live' }));
  return path === readyz ? readyAnswer(health) : undefined;
}

async function readyAnswer(health: DatabaseHealth): Promise<HealthAnswer> {
  const readiness = await health.ready();
  const isServing = readiness.status === 'ready' || readiness.status === 'degraded';
  return answer(isServing ? 200 : 503, readiness);
}

function answer(status: 200 | 503, body: object): HealthAnswer {
  return { status, headers: HEADERS, body: `${JSON.stringify(body)}\n` };
}
