import { LifeguardPool } from '@lifeguard/pg';
import { CONNECTIONS } from './bench-client.ts';
import type { BenchClient } from './bench-client.ts';

export function openClient(connectionString: string): BenchClient {
  const pool = new LifeguardPool({ connectionString, max: CONNECTIONS });
  return { select: () => pool.query('select 1') };
}
