import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { inspect } from 'node:util';
import { CHANNELS, formatLeakReport, runSession } from '@lifeguard/core';
import type { Logger } from '@lifeguard/core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { rejectionOf, until, usePostgres } from '../test/pool-fixture.ts';
import type { LifeguardPoolOptions } from './pool-config.ts';
import type { LifeguardPool } from './lifeguard-pool.ts';

const db = usePostgres();

/** One for each way by which something secret comes to us. Letters and digits, so that no encoding changes them. */
const SECRET = {
  password: 'LgCanary9secretPassword',
  option: 'LgCanary9secretOption',
  key: 'LgCanary9secretKey',
  literal: 'LgCanary9secretLiteral',
  parameter: 'LgCanary9secretParameter',
  row: 'LgCanary9secretRow',
};

/** Whatever was told, by whichever channel. */
class Told {
  readonly #texts: string[] = [];
  readonly logger: Logger = { warn: (...told) => this.add(...told), error: (...told) => this.add(...told) };

  add(...told: unknown[]): void {
    for (const each of told) this.#texts.push(printed(each));
  }

  /** Which of the secrets are in it. */
  get secrets(): string[] {
    return Object.values(SECRET).filter((secret) => this.text.includes(secret));
  }

  get text(): string {
    return this.#texts.join('\n');
  }
}

/** As a logger, a console, an error tracker or a dump would print it. */
function printed(value: unknown): string {
  return [inspect(value, { depth: 12 }), String(value), String(JSON.stringify(value))].join('\n');
}

function poolWithSecrets(options: LifeguardPoolOptions): LifeguardPool {
  const url = new URL(db.url);
  if (url.password === '' || url.password.startsWith('LgCanary9')) url.password = SECRET.password;
  url.searchParams.set('options', `-c lifeguard.canary=${SECRET.option}`);
  // Not used, since `requestCert` needs TLS: only what is given is shown, or not.
  return db.makePool({ connectionString: url.href, ssl: false, max: 1, ...options, ...{ key: SECRET.key } });
}

/** A statement with a literal, a parameter and a row that are secret. */
const SQL = `select '${SECRET.literal}' as literal, $1::text as parameter, concat('LgCanary9', 'secretRow') as row`;

test('the secrets are really there: each is found when it is printed', () => {
  const told = new Told();
  for (const secret of Object.values(SECRET)) told.add({ nested: { secret } });
  expect(told.secrets).toEqual(Object.values(SECRET));
});

describe('security rule 4: no secret that came by, in', () => {
  async function leakOne(pool: LifeguardPool): Promise<() => void> {
    const client = await pool.connect();
    const { rows } = await client.query<Record<string, string>>(SQL, [SECRET.parameter]);
    expect(rows[0]).toMatchObject({ parameter: SECRET.parameter, row: SECRET.row });
    await client.query('begin');
    await client.query(SQL, [SECRET.parameter]);
    return () => client.release(true);
  }

  test('leak reports, their log lines, the snapshot, and the pool as it prints', async () => {
    const told = new Told();
    const pool = poolWithSecrets({ logger: told.logger, leakThresholdMs: 30, monitorIntervalMs: 10 });
    pool.on('leak', (report) => told.add(report, formatLeakReport(report)));
    const release = await leakOne(pool);
    await until('it is reported', async () => told.text.includes('LG_LEAK_SUSPECTED'));
    told.add(pool, pool.options, pool.snapshot());
    release();
    expect(told.text).toContain('select ? as literal');
    expect(told.secrets).toEqual([]);
  });

  test('what is published on diagnostics channels', async () => {
    const told = new Told();
    const heard = new Set<string>();
    const listener = (payload: unknown, name: string | symbol): void => {
      heard.add(String(name));
      told.add(payload);
    };
    for (const name of Object.values(CHANNELS)) subscribe(name, listener);
    onTestFinished(() => Object.values(CHANNELS).forEach((name) => unsubscribe(name, listener)));
    const pool = poolWithSecrets({
      leakThresholdMs: 20,
      monitorIntervalMs: 10,
      acquireTimeoutMs: 400,
      queuePolicy: 'controlled',
      logger: told.logger,
    });
    const release = await leakOne(pool);
    await rejectionOf(pool.lease());
    // Too short to wait in, and so it is shed.
    await rejectionOf(runSession({ timeoutMs: 200 }, () => pool.lease()));
    await until('the leak is published', async () => heard.has(CHANNELS.leak));
    release();
    await until('all have spoken', async () => heard.size === Object.keys(CHANNELS).length);
    expect(told.secrets).toEqual([]);
  });

  test('errors of ours: no connection, a session over time, a lease taken back, a connection lost', async () => {
    const told = new Told();
    const pool = poolWithSecrets({ acquireTimeoutMs: 400, logger: told.logger, nestedAcquire: 'error' });
    const release = await leakOne(pool);
    for (const refused of [pool.lease(), pool.connect(), pool.query('select 1')])
      told.add(await rejectionOf(refused));
    release();
    await until('it is given back', async () => pool.snapshot().used === 0);
    const late = runSession({ timeoutMs: 400, name: 'late' }, () =>
      pool.use(async (lease) => {
        await lease.query(SQL, [SECRET.parameter]);
        told.add(await rejectionOf(pool.lease()));
        told.add(await rejectionOf(lease.query('select pg_sleep(10)')), lease);
        told.add(await rejectionOf(lease.query('select 1')));
      }),
    );
    told.add(await rejectionOf(late));
    expect(told.text).toMatch(/LG_ACQUIRE_TIMEOUT[^]*LG_NESTED_ACQUIRE[^]*LG_SESSION_TIMEOUT/);
    expect(told.secrets).toEqual([]);
  });

  test('what is logged and remembered of a hook that failed with a server error', async () => {
    const told = new Told();
    let fails = true;
    const pool = poolWithSecrets({
      logger: told.logger,
      retryConnect: false,
      connectBackoffMs: 10,
      onConnect: async (client) => {
        if (fails) await client.query('select $1::text::int', [SECRET.parameter]);
      },
    });
    pool.on('acquire', () => {
      throw new Error(`wrapped: ${SECRET.parameter}`, {
        cause: Object.assign(new Error(SECRET.row), { severity: 'ERROR', code: '22P02', detail: SECRET.row }),
      });
    });
    const error = await rejectionOf(pool.lease());
    told.add(error.message, String(error.stack), pool.snapshot());
    expect(told.text).toContain('22P02');
    fails = false;
    (await pool.connect()).release();
    expect(told.text).toContain('LG_LISTENER_FAILED');
    expect(told.secrets).toEqual([]);
    // The application is given the driver's own error: what it does with that is its own affair.
    expect(printed(error.cause)).toContain(SECRET.parameter);
  });
});
