import type { PoolClient } from 'pg';

/** The callback of `connect`, as pg-pool calls it. */
export type ConnectCallback = (
  error: Error | undefined,
  client: PoolClient | undefined,
  done: (destroy?: unknown) => void,
) => void;
