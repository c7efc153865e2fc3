import pg from 'pg';
import { CONNECTIONS } from './bench-client.ts';
import type { BenchClient } from './bench-client.ts';

export function openClient(connectionString: string): BenchClient {
  const pool = new pg.Pool({ connectionString, max: CONNECTIONS });
  return { select: () => pool.query('select 1') };
}
