import pg from 'pg';
import { expect, test } from 'vitest';
import { withPostgres } from './with-postgres.ts';

async function isServed(url: string): Promise<boolean> {
  const client = new pg.Client(url);
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}

test('a server is there for the time of a function, which says what becomes of it', {
  timeout: 60_000,
}, async () => {
  let address = '';
  const shown = await withPostgres({ maxConnections: 20 }, async ({ url }) => {
    address = url;
    const client = new pg.Client(url);
    await client.connect();
    const { rows } = await client.query<{ max_connections: string }>('show max_connections');
    await client.end();
    return rows[0]?.max_connections;
  });
  expect(shown).toBe('20');
  expect(await isServed(address)).toBe(false);
});

test('it ends as well when the function throws, and while it has sessions', { timeout: 60_000 }, async () => {
  let address = '';
  let lost: Promise<unknown> = Promise.resolve();
  const failing = withPostgres(async ({ url }) => {
    address = url;
    const client = new pg.Client(url);
    lost = new Promise((resolve) => {
      client.on('error', resolve);
    });
    await client.connect();
    throw new Error('by itself');
  });
  await expect(failing).rejects.toThrow('by itself');
  await lost;
  expect(await isServed(address)).toBe(false);
});
