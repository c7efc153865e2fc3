// 50 requests at once on an empty pool, where a connect takes 150 ms and a query 2 ms.
import { setTimeout as delay } from 'node:timers/promises';
import { performance } from 'node:perf_hooks';
import { Pool } from '@lifeguard/core';
import pg from 'pg';
import type { PoolConfig } from 'pg';
import { inputOfChild, tell } from '../child.ts';
import { FakeClient } from '../pools/fake-client.ts';
import { trivialConnector } from '../pools/trivial-connector.ts';

export interface SpikeResult {
  readonly connections: number;
  /** When the last request was served. */
  readonly lastServedMs: number;
}

const REQUESTS = 50;
const CONNECT_MS = 150;
const QUERY_MS = 2;
/** Of both: the default of Lifeguard's core. */
const MAX = 60;

class SlowClient extends FakeClient {
  override connect(callback: (error?: Error) => void): void {
    setTimeout(callback, CONNECT_MS);
  }
}

interface Spiked {
  /** Takes a connection, runs a query, gives it back. */
  readonly request: () => Promise<void>;
  readonly connections: () => number;
}

function lifeguard(): Spiked {
  const connector = trivialConnector();
  const pool = new Pool({
    ...connector,
    connect: async (context) => {
      await delay(CONNECT_MS);
      return connector.connect(context);
    },
  });
  return {
    request: () => pool.use(() => delay(QUERY_MS)),
    connections: () => pool.counts().used + pool.counts().idle + pool.counts().connecting,
  };
}

function pgPool(): Spiked {
  const pool = new pg.Pool({ max: MAX, Client: SlowClient } as unknown as PoolConfig);
  return {
    request: async () => {
      const client = await pool.connect();
      await delay(QUERY_MS);
      client.release();
    },
    connections: () => pool.totalCount,
  };
}

const { pool } = inputOfChild<{ pool: 'lifeguard' | 'pg-pool' }>();
const { request, connections } = pool === 'lifeguard' ? lifeguard() : pgPool();
const startedAt = performance.now();
await Promise.all(Array.from({ length: REQUESTS }, request));
const lastServedMs = performance.now() - startedAt;
// What is still being opened counts as well.
await delay(2 * CONNECT_MS);
tell({ connections: connections(), lastServedMs } satisfies SpikeResult);
