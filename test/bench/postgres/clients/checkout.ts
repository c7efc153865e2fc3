import type { Pool, PoolClient } from 'pg';
import { transact } from './bench-client.ts';
import type { BenchClient } from './bench-client.ts';

/** Takes clients out of a pool and gives them back, as pg's manual says. */
export function byCheckout(pool: Pool): BenchClient {
  const use = async (fn: (client: PoolClient) => Promise<unknown>): Promise<void> => {
    const client = await pool.connect();
    try {
      await fn(client);
    } finally {
      client.release();
    }
  };
  return {
    select: () => use((client) => client.query('select 1')),
    transaction: (id) => use((client) => transact(client, id)),
  };
}
