import { runSession } from '@lifeguard/core';
import { LifeguardPool } from '@lifeguard/pg';
import type { LifeguardPoolOptions } from '@lifeguard/pg';
import pg from 'pg';
import type { Contender } from './contender.ts';

export const CONNECTIONS = 10;

/** Makes a contender on a database. */
export interface RealContender {
  readonly name: string;
  make(connectionString: string): Contender;
}

function pgPool(connectionTimeoutMillis: number): RealContender {
  const name = `pg-pool, timeout ${connectionTimeoutMillis}`;
  return {
    name,
    make: (connectionString) => {
      const pool = new pg.Pool({ connectionString, max: CONNECTIONS, connectionTimeoutMillis });
      pool.on('error', () => undefined);
      return {
        name,
        async run(_, job) {
          const client = await pool.connect();
          try {
            await job(client);
          } finally {
            client.release();
          }
        },
        close: () => pool.end(),
      };
    },
  };
}

function lifeguard(name: string, options: LifeguardPoolOptions, isInSession: boolean): RealContender {
  return {
    name,
    make: (connectionString) => {
      const logger = { warn: () => undefined, error: () => undefined };
      const pool = new LifeguardPool({ connectionString, max: CONNECTIONS, logger, ...options });
      pool.on('error', () => undefined);
      const borrow = async (job: Parameters<Contender['run']>[1]): Promise<void> => {
        await using lease = await pool.lease();
        await job({ query: (text, values) => lease.query(text, [...(values ?? [])]) });
      };
      return {
        name,
        run: (deadlineMs, job) =>
          isInSession ? runSession({ timeoutMs: deadlineMs }, () => borrow(job)) : borrow(job),
        close: () => pool.close({ drainMs: 0 }).then(() => undefined),
      };
    },
  };
}

/** The pools that are compared. */
export const REAL_CONTENDERS: readonly RealContender[] = [
  ...[0, 500, 2_000, 250].map(pgPool),
  lifeguard('Lifeguard fifo, timeout 500', { acquireTimeoutMs: 500 }, false),
  lifeguard('Lifeguard controlled, in sessions', { queuePolicy: 'controlled' }, true),
];
