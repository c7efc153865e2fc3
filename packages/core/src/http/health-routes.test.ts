import { expect, test } from 'vitest';
import { DatabaseHealth } from '../health/database-health.ts';
import type { ReadinessStatus } from '../health/readiness.ts';
import { expressHealth, healthHandler } from './health-routes.ts';

function healthOf(status: ReadinessStatus): { health: DatabaseHealth; checks: () => number } {
  let checks = 0;
  const checkHealth = async () => {
    checks += 1;
    return { pool: 'main', status, reason: undefined, used: 0, max: 1, pending: 0 };
  };
  return { health: new DatabaseHealth({ name: 'main', checkHealth }), checks: () => checks };
}

const get = (path: string, method = 'GET'): Request => new Request(`http://localhost${path}`, { method });

test.each<[ReadinessStatus, number]>([
  ['ready', 200],
  ['degraded', 200],
  ['unreachable', 503],
  ['draining', 503],
])('a database that is %s is answered with %i', async (status, code) => {
  const response = await healthHandler(healthOf(status).health)(get('/readyz?verbose'));
  expect(response?.status).toBe(code);
  expect(response?.headers.get('cache-control')).toBe('no-store');
  expect(await response?.json()).toMatchObject({ status, pools: [{ pool: 'main', status }] });
});

test('whether the process lives is said without asking the database', async () => {
  const { health, checks } = healthOf('unreachable');
  const response = await healthHandler(health)(get('/livez'));
  expect([response?.status, await response?.json()]).toEqual([200, { status: 'live' }]);
  expect(checks()).toBe(0);
});

test('HEAD has no body, other methods and paths are somebody else’s', async () => {
  const handle = healthHandler(healthOf('ready').health, { readyz: '/health' });
  const head = await handle(get('/health', 'HEAD'));
  expect([head?.status, await head?.text()]).toEqual([200, '']);
  expect(handle(get('/health', 'POST'))).toBeUndefined();
  expect(handle(get('/readyz'))).toBeUndefined();
});

test('middleware passes on what it does not answer, and what it cannot', async () => {
  const passed: unknown[] = [];
  const sent: unknown[] = [];
  const response = {
    writeHead: (status: number) => sent.push(status),
    end: (body?: string) => sent.push(body),
  };
  const next = (error?: unknown): void => void passed.push(error);
  const middleware = expressHealth(healthOf('ready').health);
  middleware({}, response, next);
  middleware({ method: 'HEAD', url: '/livez?x' }, response, next);
  await Promise.resolve();
  expect([passed, sent]).toEqual([[undefined], [200, undefined]]);
  const boom = new Error('boom');
  const broken = new DatabaseHealth({ name: 'main', checkHealth: () => Promise.reject(boom) });
  const told = Promise.withResolvers<unknown>();
  expressHealth(broken)({ method: 'GET', url: '/readyz' }, response, told.resolve);
  expect(await told.promise).toBe(boom);
});
