import pg from 'pg';
import { CONNECTIONS, transact } from './bench-client.ts';
import type { BenchClient } from './bench-client.ts';

/** Clients in an array, with a queue in front: as little of a pool as can be. */
export async function openClient(url: string): Promise<BenchClient> {
  const idle = Array.from({ length: CONNECTIONS }, () => new pg.Client(url));
  await Promise.all(idle.map((client) => client.connect()));
  const waiting: ((client: pg.Client) => void)[] = [];
  const acquire = (): Promise<pg.Client> => {
    const client = idle.pop();
    return client === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(client);
  };
  const use = async (fn: (client: pg.Client) => Promise<unknown>): Promise<void> => {
    const client = await acquire();
    try {
      await fn(client);
    } finally {
      const next = waiting.shift();
      if (next === undefined) idle.push(client);
      else next(client);
    }
  };
  return {
    select: () => use((client) => client.query('select 1')),
    transaction: (id) => use((client) => transact(client, id)),
  };
}
