import { LifeguardPool } from '@lifeguard/pg';
import type { ClientLease } from '@lifeguard/pg';
import { CONNECTIONS, transact } from './bench-client.ts';
import type { BenchClient } from './bench-client.ts';

/** Lifeguard's own interface: a fresh handle each time. */
export function openClient(connectionString: string): BenchClient {
  const pool = new LifeguardPool({ connectionString, max: CONNECTIONS });
  const use = async (fn: (lease: ClientLease) => Promise<unknown>): Promise<void> => {
    const lease = await pool.lease();
    try {
      await fn(lease);
    } finally {
      lease.release();
    }
  };
  return {
    select: () => use((lease) => lease.query('select 1')),
    transaction: (id) => use((lease) => transact(lease, id)),
  };
}
