import { LifeguardPool } from '@lifeguard/pg';
import { CONNECTIONS } from './bench-client.ts';
import type { BenchClient } from './bench-client.ts';
import { byCheckout } from './checkout.ts';

export function openClient(connectionString: string): BenchClient {
  return byCheckout(new LifeguardPool({ connectionString, max: CONNECTIONS }));
}
