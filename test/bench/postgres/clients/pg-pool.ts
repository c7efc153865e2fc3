import pg from 'pg';
import { CONNECTIONS } from './bench-client.ts';
import type { BenchClient } from './bench-client.ts';
import { byCheckout } from './checkout.ts';

export function openClient(connectionString: string): BenchClient {
  return byCheckout(new pg.Pool({ connectionString, max: CONNECTIONS }));
}
