import { announcePool } from '@lifeguard/core/adapter';
import { settle } from '@lifeguard/core/testing';
import { describe, expect, it } from 'vitest';
import { makePool, parse } from '../test/measured-world.ts';
import { prometheusMetrics, prometheusText } from './prometheus-text.ts';

const POOL = 'db_client_connection_pool_name';

describe('the text for Prometheus', () => {
  it('of no pool is empty', () => {
    expect(prometheusText([])).toBe('');
  });

  it('describes each family once, and then has the values of all pools, by name', () => {
    const text = prometheusText([makePool({ name: 'reports' }).pool, makePool({ name: 'orders' }).pool]);
    expect(text).toContain(
      [
        '# HELP db_client_connection_count Connections that are in use by a caller, or idle.',
        '# TYPE db_client_connection_count gauge',
        `db_client_connection_count{${POOL}="orders",db_client_connection_state="idle"} 0`,
        `db_client_connection_count{${POOL}="orders",db_client_connection_state="used"} 0`,
        `db_client_connection_count{${POOL}="reports",db_client_connection_state="idle"} 0`,
        `db_client_connection_count{${POOL}="reports",db_client_connection_state="used"} 0`,
        '# HELP db_client_connection_max Connections that the pool may have at most, overflow included.',
        '',
      ].join('\n'),
    );
    expect(parse(text).size).toBeGreaterThan(100);
  });

  it('has a histogram with each bound in seconds', async () => {
    const { pool, clock } = makePool();
    const lease = await pool.acquire();
    await clock.advance(70);
    lease.release();
    const lines = prometheusText([pool])
      .split('\n')
      .filter((line) => line.startsWith('db_client_connection_use_time'));
    const name = 'db_client_connection_use_time_seconds';
    expect(lines).toEqual([
      ...['0.001', '0.005', '0.01', '0.05'].map((le) => `${name}_bucket{${POOL}="main",le="${le}"} 0`),
      ...['0.1', '0.5', '1', '5', '10', '+Inf'].map((le) => `${name}_bucket{${POOL}="main",le="${le}"} 1`),
      `${name}_sum{${POOL}="main"} 0.07`,
      `${name}_count{${POOL}="main"} 1`,
    ]);
  });

  it('tells pools of one name apart', () => {
    const [one, other] = [makePool({ size: 1 }).pool, makePool({ size: 5 }).pool];
    const values = parse(prometheusText([one, other, one]));
    expect(values.get(`db_client_connection_idle_max{${POOL}="main"}`)).toBe(1);
    expect(values.get(`db_client_connection_idle_max{${POOL}="main-2"}`)).toBe(5);
    expect(prometheusText([one.snapshot(), other.snapshot()])).toBe(prometheusText([one, other]));
  });

  it('writes whatever a pool is called as one label', () => {
    const name = 'a "b" \\ c\nd\u001b[31m';
    const values = parse(
      prometheusText([{ name, snapshot: () => ({ ...makePool().pool.snapshot(), name }) }]),
    );
    expect([...values.keys()]).toContain(
      `db_client_connection_max{${POOL}="a \\"b\\" \\\\ c\\\\u{a}d\\\\u{1b}[31m"}`,
    );
  });

  it('leaves out what has no value: a limit that is not set', () => {
    const { pool } = makePool({ acquireTimeoutMs: Infinity });
    expect(prometheusText([pool])).not.toContain('lifeguard_acquire_timeout');
    expect(prometheusText([makePool({ acquireTimeoutMs: 1_500 }).pool])).toContain(
      `lifeguard_acquire_timeout_seconds{${POOL}="main"} 1.5\n`,
    );
  });

  it('says while the database cannot be reached', async () => {
    const { pool, connector } = makePool();
    connector.onConnect = new Error('down');
    const waiting = pool.acquire().catch((error: unknown) => error);
    await settle();
    expect(prometheusText([pool])).toContain(`lifeguard_connect_failing{${POOL}="main"} 1\n`);
    await pool.close();
    await waiting;
    expect(prometheusText([makePool().pool])).toContain(`lifeguard_connect_failing{${POOL}="main"} 0\n`);
  });

  it('says of the process once what all pools have seen', async () => {
    const { pool, clock } = makePool({ name: 'one' });
    const other = makePool({ name: 'other' }, clock).pool;
    pool.suspend();
    const waiting = pool.acquire({ timeoutMs: 500 }).catch((error: unknown) => error);
    await clock.stall(4_000);
    await waiting;
    const values = parse(prometheusText([pool, other]));
    expect(values.get('lifeguard_loop_blocked_time_seconds_total')).toBe(4);
    expect(values.get('lifeguard_loop_longest_stall_seconds')).toBe(3.5);
  });
});

describe('a function that makes it', () => {
  it('has all pools of the process, as they come and go', async () => {
    const metrics = prometheusMetrics();
    const { pool } = makePool({ name: 'of the process' });
    expect(metrics()).toBe('');
    const withdraw = announcePool(pool);
    expect(metrics()).toContain(`{${POOL}="of the process"}`);
    withdraw();
    expect(metrics()).toBe('');
  });

  it('goes on with the name that it gave a pool when the other of that name is closed', async () => {
    const [one, other] = [makePool().pool, makePool({ size: 7 }).pool];
    const metrics = prometheusMetrics([one, other]);
    const before = `db_client_connection_idle_max{${POOL}="main-2"} 7\n`;
    expect(metrics()).toContain(before);
    await one.close();
    expect(metrics()).toContain(before);
    expect(metrics()).not.toContain('"main"');
    const another = makePool({ size: 3 }).pool;
    expect(prometheusMetrics([other, another])()).toContain(`idle_max{${POOL}="main"} 3\n`);
  });

  it('asks a function for its pools each time', () => {
    const pools = [makePool({ name: 'a' }).pool];
    const metrics = prometheusMetrics(() => pools);
    pools.push(makePool({ name: 'b' }).pool);
    expect(metrics()).toContain('"b"');
  });
});
