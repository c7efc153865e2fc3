import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { rejectionOf, usePostgres } from '../test/pool-fixture.ts';
import type { LifeguardPoolOptions } from './pool-config.ts';

const db = usePostgres();
const CANARY = 'hunter2-canary';

function everythingAbout(value: unknown): string {
  return inspect(value, { depth: 10, showHidden: false }) + String(JSON.stringify(value));
}

function withPassword(form: string): LifeguardPoolOptions {
  const url = new URL(db.url);
  if (form === 'an option') {
    return {
      host: url.hostname,
      port: Number(url.port),
      user: url.username,
      database: url.pathname.slice(1),
      password: CANARY,
    };
  }
  url.password = CANARY;
  if (form === 'a parameter of the URL') {
    url.password = '';
    url.searchParams.set('password', CANARY);
  }
  return { connectionString: url.href };
}

test.each(['an option', 'a part of the URL', 'a parameter of the URL'])(
  'a password given as %s is shown nowhere',
  async (form) => {
    const pool = db.makePool({ ...withPassword(form), ssl: false, max: 1, connectionTimeoutMillis: 50 });
    const shown = [everythingAbout(pool), everythingAbout(pool.options), everythingAbout(pool.snapshot())];
    try {
      const client = await pool.connect();
      shown.push(
        everythingAbout(await rejectionOf(pool.lease())),
        everythingAbout(await rejectionOf(pool.connect())),
      );
      shown.push(everythingAbout(await rejectionOf(client.query('select no_such_column'))));
      client.release();
      shown.push(everythingAbout(await rejectionOf(client.query('select 1'))));
    } catch (error) {
      // A server that checks passwords turns the canary away; what it says must not show it either.
      shown.push(everythingAbout(error));
    }
    for (const text of shown) expect(text).not.toContain(CANARY);
  },
);

test('the driver still gets what is not shown', () => {
  const pool = db.makePool({ password: CANARY, ssl: { key: CANARY, ca: 'public' } });
  expect(pool.options).toMatchObject({ ssl: { ca: 'public' } });
  expect((pool.options as { password?: unknown }).password).toBe(CANARY);
  expect(everythingAbout(pool.options)).not.toContain(CANARY);
});
