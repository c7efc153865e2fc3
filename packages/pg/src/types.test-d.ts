import type { LeakReport } from '@lifeguard/core';
import type pg from 'pg';
import { expectTypeOf } from 'vitest';
import { LifeguardPool } from './lifeguard-pool.ts';

const pool = new LifeguardPool();

// A drop-in: wherever a pg.Pool is asked for.
expectTypeOf(pool).toExtend<pg.Pool>();
expectTypeOf(pool.connect()).resolves.toExtend<pg.PoolClient>();
expectTypeOf(pool.query<{ n: number }>('select 1 as n'))
  .resolves.toHaveProperty('rows')
  .toEqualTypeOf<{ n: number }[]>();

// Our events are typed, those of pg as well.
pool.on('leak', (report) => expectTypeOf(report).toEqualTypeOf<LeakReport>());
pool.on('error', (error: Error) => error.message);
pool.on('acquire', (client: pg.PoolClient) => client.release());
