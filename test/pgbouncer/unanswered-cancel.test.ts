import process from 'node:process';
import { systemClock } from '@lifeguard/core';
import { cancelRequest } from '@lifeguard/pg';
import { startPostgres } from '@lifeguard/testing';
import pg from 'pg';
import { expect, test, vi } from 'vitest';
import { describeWith } from '../support/describe-with.ts';
import { startPgBouncer, targetOf } from '../support/pgbouncer.ts';

const ATTEMPTS = 3;

describeWith('pgbouncer', 'a cancel that the server does not take', () => {
  test('does not end the pooler, and arrives when the server is back', async () => {
    await using server = await startPostgres();
    await using pooler = await startPgBouncer({ target: targetOf(server.url), poolSize: 2 });
    const client = new pg.Client(pooler.url);
    client.on('error', () => undefined);
    await client.connect();
    const query = client.query('select pg_sleep(60)').then(
      () => 'it ran to its end',
      (error: { code?: string }) => error.code,
    );
    await vi.waitFor(async () => {
      const active = (await pooler.admin('show servers')).filter(({ state }) => state === 'active');
      expect(active).toHaveLength(1);
    });
    // It accepts no connection any more; the pooler waits for it with the request in its hands.
    process.kill(server.pid, 'SIGSTOP');
    try {
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1)
        expect(await cancelRequest(client as never, systemClock, 50)).toBe('unknown');
    } finally {
      process.kill(server.pid, 'SIGCONT');
    }
    expect(await query).toBe('57014');
    expect(pooler.isRunning).toBe(true);
    await client.end();
  });
});
