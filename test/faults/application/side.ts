import { runSession } from '@lifeguard/core';
import { LifeguardPool } from '@lifeguard/pg';
import pg from 'pg';
import { TLS_CLIENT } from '../../support/tls-front.ts';
import type { ApplicationOptions } from '../messages.ts';

/** One of the two pools, as an application would use it that follows its documentation. */
export interface Side {
  readonly pool: pg.Pool;
  /** Runs a unit of work, bounded in time where the side can do that. */
  unit<T>(work: () => Promise<T>): Promise<T>;
  /** Told of how many connections are lost, whenever one more is. */
  onLost(listener: (lost: number) => void): void;
  close(): Promise<unknown>;
}

type Hook = () => Promise<void>;

/** `onConnect` is called for each new connection. */
export function openSide(options: ApplicationOptions, onConnect: Hook): Side {
  return options.side === 'lifeguard' ? openLifeguard(options, onConnect) : openStock(options, onConnect);
}

/** What both are given. */
function common(options: ApplicationOptions) {
  const { host, port, user, password, database, max, acquireTimeoutMs, tls } = options;
  return {
    ...{ host, port, user, password, database, max },
    connectionTimeoutMillis: acquireTimeoutMs,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    ...(tls ? { ssl: TLS_CLIENT } : {}),
  };
}

function openStock(options: ApplicationOptions, onConnect: Hook): Side {
  // The bounds that pg has to offer, and the handler that its documentation asks for.
  const config = { ...common(options), query_timeout: options.unitTimeoutMs, onConnect };
  const pool = new pg.Pool(config);
  pool.on('error', () => undefined);
  if (options.side === 'hardened') pool.on('connect', (client) => client.on('error', () => undefined));
  return { pool, unit: (work) => work(), onLost: () => undefined, close: () => pool.end() };
}

function openLifeguard(options: ApplicationOptions, onConnect: Hook): Side {
  const silent = { warn: () => undefined, error: () => undefined };
  const pool = new LifeguardPool({ ...common(options), onConnect, logger: silent, drainMs: 1_500 });
  const timeoutMs = options.unitTimeoutMs;
  return {
    pool,
    unit: (work) => runSession({ timeoutMs }, work),
    onLost: (listener) => void pool.on('lost', () => listener(pool.snapshot().lost)),
    close: () => pool.close(),
  };
}
