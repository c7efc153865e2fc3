// A program of its own, which a test stops or kills: it leaves its work on the server behind.
import process from 'node:process';
import { runSession } from '@lifeguard/core';
import { LifeguardPool } from '../src/lifeguard-pool.ts';

const [, , work, options = '{}'] = process.argv;
const pool = new LifeguardPool({ max: 1, ...(JSON.parse(options) as object) });

if (work === 'holds a transaction') {
  await runSession({ timeoutMs: 3_000 }, () =>
    pool.use(async (lease) => {
      await lease.query('begin');
      await lease.query('lock table held');
      await new Promise<never>(() => undefined);
    }),
  );
} else if (work === 'runs a query') {
  await pool.query('select pg_sleep(600)');
}
