import { LifeguardPool, explainError } from '@lifeguard/pg';
import type { LifeguardPoolOptions } from '@lifeguard/pg';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { describeWith } from '../support/describe-with.ts';
import { startPgBouncer, targetOf } from '../support/pgbouncer.ts';
import { rejectionOf, usePgBouncer } from '../support/use-pgbouncer.ts';
import { until } from '../support/until.ts';

const REPORT = Symbol.for('@lifeguard/report');

describeWith('pgbouncer', 'what PgBouncer refuses', () => {
  describe('with room for three clients', () => {
    const behind = usePgBouncer({
      poolSize: 1,
      maxClientConnections: 3,
      settings: { query_wait_timeout: 1 },
    });

    test.each<[LifeguardPoolOptions, RegExp, RegExp]>([
      [{ statement_timeout: 5_000 }, /takes no "statement_timeout"/, /managed block with timeoutMs/],
      [
        { idle_in_transaction_session_timeout: 5_000 },
        /"idle_in_transaction/,
        /managed block with timeoutMs/,
      ],
      [{ lock_timeout: 5_000 }, /takes no "lock_timeout"/, /set local lock_timeout/],
      [{ options: '-c search_path=other' }, /takes no "options"/, /alter role … set/],
    ])('%j is refused at once, with the option and what to use instead', async (options, likely, fix) => {
      const pool = behind.makePool({ ...options, acquireTimeoutMs: 10_000 });
      const error = await rejectionOf(pool.lease());
      expect(error.code).toBe('LG_CONNECT_FAILED');
      expect(error.message).toMatch(likely);
      expect(error.message).toMatch(fix);
      // In the form of pg-pool: the driver's own error, and the report behind it.
      const asPgPool = await rejectionOf(pool.query('select 1'));
      expect(asPgPool.code).toBe('08P01');
      expect(Reflect.get(asPgPool, REPORT)).toMatch(fix);
    });

    test('a client too many is told that there is no room, and served when there is', async () => {
      const others = [new pg.Client(behind.pooler.url), new pg.Client(behind.pooler.url)];
      const third = new pg.Client(behind.pooler.url);
      for (const client of [...others, third]) await client.connect();
      const impatient = behind.makePool({ acquireTimeoutMs: 300 });
      const refused = await rejectionOf(impatient.lease());
      expect(refused.code).toBe('LG_SERVER_REFUSED');
      expect(refused.message).toMatch(/max_client_conn/);
      const patient = behind.makePool({ max: 1, acquireTimeoutMs: 10_000 }).query('select 1');
      for (const client of [...others, third]) await client.end();
      await patient;
    });

    test('a statement without a backend in time, and a transaction whose backend dies, are explained', async () => {
      const pool = behind.makePool({ max: 2, pooler: 'transaction' });
      const holder = await pool.lease();
      const other = await pool.lease();
      await holder.query('begin');
      const late = await rejectionOf(other.query('select 1'));
      expect(late).toMatchObject({ code: '08P01', message: 'query_wait_timeout' });
      expect(explainError(late)).toMatchObject({ code: 'LG_POOLER', reason: 'no-backend', cause: late });
      other.release();
      const { rows } = await holder.query<{ pid: number }>('select pg_backend_pid() as pid');
      const dying = rejectionOf(holder.query('select pg_sleep(30)'));
      await behind.sql('select pg_terminate_backend($1)', [rows[0]?.pid]);
      expect(await dying).toMatchObject({ code: '57P01' });
      await until('the pooler has said goodbye', () => !holder.isOpen);
      await expect(holder.query('select 1')).rejects.toMatchObject({ code: 'LG_CONNECTION_LOST' });
      holder.release();
      // And the pool goes on.
      await pool.query('select 1');
    });
  });

  describe('with limits of its own', () => {
    const behind = usePgBouncer({ settings: { query_timeout: 3, idle_transaction_timeout: 1 } });

    test('they end a lease as those of the server do', async () => {
      const pool = behind.makePool();
      await pool.use(async (lease) => {
        const error = await rejectionOf(lease.query('select pg_sleep(20)'));
        expect(explainError(error)).toMatchObject({ code: 'LG_SERVER_TIMEOUT', sqlState: '08P01' });
        expect(explainError(error)?.message).toContain('query_timeout (PgBouncer)');
      });
      await pool.use(async (lease) => {
        await lease.query('begin');
        await until('the pooler has closed it', () => !lease.isOpen);
        await expect(lease.query('select 1')).rejects.toMatchObject({
          code: 'LG_SERVER_TIMEOUT',
          setting: 'idle_transaction_timeout (PgBouncer)',
        });
      });
    });
  });

  describe('without a server, or out of service', () => {
    const behind = usePgBouncer({ settings: { query_wait_timeout: 1 } });

    test('callers wait until the database is there again', async () => {
      const { database } = targetOf(behind.pooler.url);
      // To name a database of the pooler, it must have been used.
      await behind.makePool().query('select 1');
      await behind.pooler.admin(`disable "${database}"`);
      const refused = await rejectionOf(behind.makePool({ acquireTimeoutMs: 200 }).lease());
      expect(refused.code).toBe('LG_CONNECT_FAILED');
      expect(refused.message).toContain('out of service');
      const waiting = behind.makePool({ acquireTimeoutMs: 10_000 }).query('select 1');
      await behind.pooler.admin(`enable "${database}"`);
      await waiting;
    });

    test('a server that is down is told as such, and not as a wrong option', async () => {
      const target = { ...targetOf(behind.directUrl), port: 1 };
      await using pooler = await startPgBouncer({ target, settings: { query_wait_timeout: 1 } });
      await using pool = new LifeguardPool({ connectionString: pooler.url, acquireTimeoutMs: 2_000 });
      const error = await rejectionOf(pool.lease());
      expect(error.code).toBe('LG_CONNECT_FAILED');
      expect(error.message).toContain('could not log in to the server behind it');
    });
  });

  describe('with pool_mode = statement', () => {
    const behind = usePgBouncer({ poolMode: 'statement' });

    test('a transaction is refused, and why is said', async () => {
      const pool = behind.makePool();
      const error = await rejectionOf(pool.query('begin'));
      expect(explainError(error)).toMatchObject({ code: 'LG_POOLER', reason: 'statement-mode' });
      await pool.query('select 1');
    });
  });

  describe('with several backends', () => {
    const behind = usePgBouncer({ poolSize: 2 });

    test('a named statement that lives on another backend is explained', async () => {
      const pool = behind.makePool({ max: 2 });
      const named = { name: 'one', text: 'select 1' };
      await using client = await pool.lease();
      await using busy = await pool.lease();
      await client.query(named);
      // PgBouncer gives the backend that was used last: the one on which it is prepared.
      await busy.query('begin');
      const error = await rejectionOf(client.query(named));
      expect(error.code).toBe('26000');
      expect(explainError(error)).toMatchObject({ code: 'LG_POOLER', reason: 'prepared-statement' });
      await busy.query('commit');
    });

    test('the first statement that changes a session that others get is warned of', async () => {
      const warnings: [object, string][] = [];
      const logger = {
        warn: (fields: object, text: string) => void warnings.push([fields, text]),
        error: () => undefined,
      };
      const pool = behind.makePool({ logger, sessionState: 'replace' });
      await pool.query('select 1');
      expect(warnings.map(([, text]) => text.split('\n')[0])).toEqual([
        `LG_POOLER: pool "main" is behind a pooler, where sessionState: 'replace' cannot hold`,
      ]);
      await pool.query("set search_path = 'secret_tenant'");
      await pool.query("set search_path = 'other'");
      expect(warnings).toHaveLength(2);
      expect(warnings[1]?.[0]).toMatchObject({ code: 'LG_POOLER' });
      expect(warnings[1]?.[1]).toContain('set search_path');
      expect(warnings[1]?.[1]).not.toContain('secret_tenant');
      await pool.query('reset all');
    });
  });
});
