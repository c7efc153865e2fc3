import { setImmediate } from 'node:timers/promises';
import { expect } from 'vitest';
import { Pool } from '@lifeguard/core';
import { seededRandom } from '@lifeguard/core/adapter';
import type { PoolOptions } from '@lifeguard/core';
import { FakeConnector, ManualClock } from '@lifeguard/core/testing';
import type { FakeConnection } from '@lifeguard/core/testing';
import { adminHandler } from '../src/admin-handler.ts';
import type { AdminHandler } from '../src/admin-handler.ts';
import type { AdminOptions } from '../src/admin-options.ts';

export const TOKEN = 'LgCanary9-token-of-the-tests';

const logger = { warn: () => undefined, error: () => undefined };

/** A pool of fake connections, on a clock that stands still. */
export function makePool(
  options: PoolOptions = {},
  clock: ManualClock = new ManualClock(),
): { pool: Pool<FakeConnection>; clock: ManualClock; connector: FakeConnector } {
  const connector = new FakeConnector();
  const pool = new Pool(connector, {
    size: 2,
    maxOverflow: 0,
    random: seededRandom(1),
    logger,
    clock,
    ...options,
  });
  return { pool, clock, connector };
}

/** A handler that is mounted and asks for {@link TOKEN}. */
export function makeHandler(options: AdminOptions): AdminHandler {
  return adminHandler({ token: TOKEN, clock: new ManualClock(), ...options });
}

/** A request that passes all guards, unless told otherwise. */
export function ask(path: string, init: RequestInit = {}): Request {
  return new Request(`http://localhost${path}`, {
    ...init,
    headers: {
      host: 'localhost',
      authorization: `Bearer ${TOKEN}`,
      ...(init.headers as Record<string, string>),
    },
  });
}

/** A request for an action. */
export function act(pool: string, action: string, body?: unknown, init: RequestInit = {}): Request {
  const path = `/v1/pools/${encodeURIComponent(pool)}/${action}`;
  if (body === undefined) return ask(path, { method: 'POST', ...init });
  return ask(path, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...init,
    headers: { 'content-type': 'application/json', ...(init.headers as Record<string, string>) },
  });
}

/** The JSON of an answer, after a look at what every answer must have. */
export async function jsonOf(response: Response): Promise<unknown> {
  expectSafeHeaders(response);
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
  return response.json();
}

export function expectSafeHeaders({ headers }: Response): void {
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'");
  expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
}

/** Looks again and again until `condition` holds. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const giveUpAt = Date.now() + 10_000; !(await condition()); await setImmediate()) {
    if (Date.now() > giveUpAt) throw new Error(`not within 10 s: ${what}`);
  }
}
