import { runSession, systemClock } from '@lifeguard/core';
import { ManualClock } from '@lifeguard/core/testing';
import { PgConnector, cancelRequest, explainError } from '@lifeguard/pg';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { expect, test } from 'vitest';
import { describeWith } from '../support/describe-with.ts';
import { rejectionOf, usePgBouncer } from '../support/use-pgbouncer.ts';
import { until } from '../support/until.ts';

/** How many are tried, or what `LG_CANCELS` says (100000 for a night). */
const CANCELS = Number(process.env['LG_CANCELS'] ?? 300);
const LANES = 4;
const ROUNDS = Math.ceil(CANCELS / LANES);
const TIGHT = 'select pg_sleep(0.002)';
const LIMITS = `select current_setting('statement_timeout') as statement,
  current_setting('idle_in_transaction_session_timeout') as idle, pg_backend_pid() as pid`;
const NONE = { statement: '0', idle: '0' };

describeWith('pgbouncer', 'deadlines and cancels through PgBouncer', () => {
  const behind = usePgBouncer({ poolSize: LANES });

  test(
    'a cancel stops the statement that it was for, and never the next; the pooler lives',
    async () => {
      const counted = { cancelled: 0, ended: 0, innocents: 0, unknown: 0 };
      const lane = async (): Promise<void> => {
        const client = new pg.Client(behind.pooler.url);
        await client.connect();
        for (let round = 0; round < ROUNDS; round += 1) {
          const query = client.query(TIGHT).then(
            () => 'ended' as const,
            () => 'cancelled' as const,
          );
          await delay(1);
          const outcome = await cancelRequest(client, systemClock, 10_000);
          counted[await query] += 1;
          if (outcome === 'unknown') counted.unknown += 1;
          await client.query('select 1').catch(() => (counted.innocents += 1));
        }
        await client.end();
      };
      // Others have the same backends in between, and must not be hit there.
      let others = 0;
      let working = true;
      const innocent = async (): Promise<void> => {
        const client = new pg.Client(behind.pooler.url);
        await client.connect();
        for (; working; others += 1) {
          await client.query(TIGHT).catch(() => (counted.innocents += 1));
        }
        await client.end();
      };
      const bystanders = Array.from({ length: LANES / 2 }, innocent);
      await Promise.all(Array.from({ length: LANES }, lane));
      working = false;
      await Promise.all(bystanders);
      expect(others).toBeGreaterThan(ROUNDS / 10);
      expect(counted).toMatchObject({ innocents: 0, unknown: 0 });
      expect(counted.cancelled + counted.ended).toBe(ROUNDS * LANES);
      expect(counted.cancelled).toBeGreaterThan(0);
      expect(behind.pooler.isRunning).toBe(true);
    },
    60_000 + CANCELS * 20,
  );

  test('the limits of a session are those of its transaction, and the next client of the backend has none', async () => {
    const pool = behind.makePool({ max: 1 });
    const pid = await runSession({ timeoutMs: 20_000 }, () =>
      pool.use(async (lease) => {
        await lease.query('begin');
        const [row] = (await lease.query<{ statement: string; pid: number }>(LIMITS)).rows;
        expect(row?.statement).toMatch(/^(?:19\d{3}|20\d{3}|21000)ms$|^2[01]s$/);
        await lease.query('commit');
        return row?.pid;
      }),
    );
    const next = new pg.Client(behind.pooler.url);
    await next.connect();
    expect((await next.query(LIMITS)).rows).toEqual([{ ...NONE, pid }]);
    await next.end();
  });

  test('a session at its deadline stops its statement, and its backend goes on for others', async () => {
    await behind.sql('create table locked ()');
    const pool = behind.makePool();
    let pid = 0;
    const ended = rejectionOf(
      runSession({ timeoutMs: 300 }, () =>
        pool.use(async (lease) => {
          await lease.query('begin');
          await lease.query('lock table locked');
          pid = (await lease.query<{ pid: number }>(LIMITS)).rows[0]?.pid ?? 0;
          await lease.query('select pg_sleep(60)');
        }),
      ),
    );
    expect((await ended).code).toBe('LG_SESSION_TIMEOUT');
    await until('its transaction is over', async () => {
      const [row] = await behind.sql('select state from pg_stat_activity where pid = $1', [pid]);
      return row?.['state'] === 'idle';
    });
    await behind.sql('drop table locked');
    await pool.query('select 1');
  });

  test('without us the server ends the transaction, by the limit that went along', async () => {
    const pool = behind.makePool();
    const stuck = await runSession({ timeoutMs: 100_000 }, () => pool.lease());
    await stuck.query('begin; set local statement_timeout = 100');
    const error = await rejectionOf(stuck.query('select pg_sleep(60)'));
    expect(explainError(error)).toMatchObject({ code: 'LG_QUERY_CANCELLED', by: 'server' });
    await stuck.query('rollback');
    await stuck.query('begin; set local idle_in_transaction_session_timeout = 100');
    await until('the server has ended it', () => !stuck.isOpen);
    await expect(stuck.query('select 1')).rejects.toMatchObject({
      code: 'LG_SERVER_TIMEOUT',
      setting: 'idle_in_transaction_session_timeout',
    });
    stuck.release();
  });

  test('a connection opened later waits for no backend: the limits are known', async () => {
    const pool = behind.makePool({ max: 2 });
    for (let round = 0; round < 2; round += 1) await pool.query('select 1');
    await using _all = await takeAllBackends(behind.pooler.url);
    const first = await pool.lease();
    const more = await pool.lease({ timeoutMs: 3_000 });
    more.release();
    first.release();
    expect(pool.snapshot().counters.connected).toBeGreaterThan(1);
  });

  test('a pooler without a free backend is not taken for a dead connection', async () => {
    const pool = behind.makePool({ max: 1, pingAfterIdleMs: 0, pingTimeoutMs: 200 });
    for (let round = 0; round < 2; round += 1) await pool.query('select 1');
    const { connected } = pool.snapshot().counters;
    await using _all = await takeAllBackends(behind.pooler.url);
    const lease = await pool.lease();
    lease.release();
    expect(pool.snapshot().counters).toMatchObject({ connected, pingFailures: 0 });
  });

  test('a connection that has been idle for long is pinged all the same', async () => {
    const clock = new ManualClock();
    const connector = new PgConnector({
      Client: pg.Client,
      clientOptions: { connectionString: behind.pooler.url },
      clock,
      pooler: 'transaction',
      prepare: () => undefined,
      onIdleError: () => undefined,
    });
    const onDisconnect = (): void => undefined;
    const connection = await connector.connect({ signal: new AbortController().signal, onDisconnect });
    expect(connector.inspect(connection)).toBe('clean');
    const all = await takeAllBackends(behind.pooler.url);
    await clock.advance(29_999);
    await connector.ping(connection);
    await clock.advance(1);
    let answered = false;
    const ping = connector.ping(connection).then(() => (answered = true));
    await until('it waits for a backend', async () => {
      const pools = await behind.pooler.admin('show pools');
      return pools.some((row) => row['cl_waiting'] === 1);
    });
    expect(answered).toBe(false);
    await all[Symbol.asyncDispose]();
    await ping;
    expect(await connector.close(connection, 'polite')).toBe('gone');
  });
});

/** Clients that hold every backend, each in a transaction. */
async function takeAllBackends(url: string): Promise<AsyncDisposable> {
  const clients = Array.from({ length: LANES }, () => new pg.Client(url));
  for (const client of clients) {
    await client.connect();
    await client.query('begin');
  }
  return {
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.map((client) => client.end()));
    },
  };
}
