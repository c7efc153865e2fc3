// Security rule 4 on a real pool: secrets are planted wherever they come to us, and everything is asked for that can be.

import { usePostgres } from '@lifeguard/testing/vitest';
import { LifeguardPool } from '@lifeguard/pg';
import { expect, onTestFinished, test } from 'vitest';
import { privateDirectory } from '../test/run-application.ts';
import { until } from '../test/admin-world.ts';
import type { AdminClient } from './admin-client.ts';
import { connectAdmin } from './admin-sockets.ts';
import { serveAdmin } from './serve-admin.ts';

const MARK = 'LgCanary9secret';
const database = usePostgres();

/** A pool with one connection, whose address has a secret in it. */
function makePool(): LifeguardPool {
  const url = new URL(database.url);
  if (url.password === '') url.password = `${MARK}Password`;
  const pool = new LifeguardPool({
    connectionString: url.href,
    max: 1,
    leakThresholdMs: 100,
    monitorIntervalMs: 20,
    logger: { warn: () => undefined, error: () => undefined },
  });
  onTestFinished(() => pool.close({ drainMs: 0 }).then(() => undefined));
  return pool;
}

/** Reads events into `told` until the application ends. */
async function listen(client: AdminClient, told: Map<string, string>): Promise<void> {
  for await (const { event, data } of client.events()) told.set(event, JSON.stringify(data));
}

test('security rule 4: nothing secret goes out by the socket, whatever happens and whatever is asked', async () => {
  const pool = makePool();
  const server = await serveAdmin({ pools: [pool], directory: privateDirectory(), allow: ['evict'] });
  onTestFinished(() => server.close());
  const client = await connectAdmin({ path: server.path ?? '' });
  const told = new Map<string, string>();
  const listening = listen(client, told);
  await until('it listens', () => pool.listenerCount('leak') > 0);

  const lease = await pool.lease();
  await lease.query(`select '${MARK}Literal' as literal, $1::text as parameter`, [`${MARK}Parameter`]);
  await expect(lease.query('select $1::int', [`${MARK}Number`])).rejects.toThrow();
  await expect(pool.lease({ timeoutMs: 50 })).rejects.toThrow();
  await until('the leak is told', () => told.has('leak') && told.has('timeout'));

  const answers: string[] = [];
  for (const path of ['', '/snapshot', '/leaks', '/health', '/audit'])
    answers.push(JSON.stringify(await client.get(`/v1${path}`)));
  answers.push(JSON.stringify(await client.post('/v1/pools/main/evict')));
  expect(answers[1]).toContain('select');
  expect(JSON.parse(answers[2] ?? '')).toMatchObject({ pools: [{ suspected: [{ suspected: true }] }] });

  // Told with the connection itself, which knows its password.
  await pool.close({ drainMs: 0 });
  await until('the revocation is told', () => told.has('revoke'));
  await server.close();
  await listening;
  for (const text of [...answers, ...told.values()]) {
    expect(text).not.toContain(MARK);
    expect(text).not.toContain(new URL(database.url).password || MARK);
  }
});
