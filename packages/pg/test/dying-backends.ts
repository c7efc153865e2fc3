// Run as a program of its own by dying-backend.pg.test.ts: nobody here listens to any error.
import process from 'node:process';
import pg from 'pg';
import { LifeguardPool } from '../src/lifeguard-pool.ts';
import { until } from './until.ts';

const connectionString = process.argv[2];
const killer = new pg.Client({ connectionString });
await killer.connect();
const pool = new LifeguardPool({ connectionString, max: 1 });

async function kill(pid: unknown): Promise<void> {
  await killer.query('select pg_terminate_backend($1)', [pid]);
}

async function pidOf(client: { query: pg.PoolClient['query'] }): Promise<unknown> {
  return (await client.query('select pg_backend_pid() as pid')).rows[0].pid;
}

// Idle in the pool.
await kill(await pidOf(pool));
await until('the idle one is gone', () => pool.totalCount === 0);

// Leased, doing nothing.
const idle = await pool.connect();
await kill(await pidOf(idle));
await until('the leased one is gone', () => pool.totalCount === 0);
idle.release();

// Leased, in a transaction, running, its listeners removed by the holder.
const running = await pool.connect();
const pid = await pidOf(running);
await running.query('begin');
running.removeAllListeners('error');
const code = running.query('select pg_sleep(60)').then(
  () => 'none',
  (error: { code: string }) => error.code,
);
await kill(pid);
process.stdout.write(`${await code}\n`);
await until('the running one is gone', () => pool.totalCount === 0);
running.release();

await pool.query('select 1');
await pool.end();
await killer.end();
process.stdout.write('survived\n');
