// A process that serves pools of fake connections until its input ends, as an application would. Prints where, as a JSON line.

import process from 'node:process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { adminHandler, serveAdmin, toNodeListener } from '@lifeguard/admin';
import type { AdminPool, ServeAdminOptions } from '@lifeguard/admin';
import { Pool, getPoolDiagnostics } from '@lifeguard/core';
import { FakeConnector } from '@lifeguard/core/testing';
import type { FakeConnection } from '@lifeguard/core/testing';

/** What a test wants of it, in its first argument. */
interface Wish {
  readonly name?: string;
  readonly pools?: readonly string[];
  /** How many connections of the first pool, which has two, are taken and never given back. */
  readonly leak?: number;
  readonly allow?: ServeAdminOptions['allow'];
  readonly suspend?: boolean;
  /** Whether leases come and go all the time. */
  readonly busy?: boolean;
  /** Whether its pools offer advice. */
  readonly diagnosis?: boolean;
  /** Mounts an endpoint with this token besides. */
  readonly token?: string;
}

const wish = JSON.parse(process.argv[2] ?? '{}') as Wish;
const pools = (wish.pools ?? ['main']).map(makePool);
const shown = pools.map(show);
const admin = await serveAdmin({ pools: shown, name: wish.name ?? 'orders', allow: wish.allow ?? [] });
const [first] = pools;
for (let taken = 0; taken < (wish.leak ?? 0); taken += 1) await first?.acquire();
if (wish.suspend === true) first?.suspend();
if (wish.busy === true) setInterval(() => void first?.use(() => Promise.resolve()), 5);
console.log(JSON.stringify({ pid: process.pid, path: admin.path, port: await mount(wish.token) }));
process.stdin.resume();

function makePool(name: string): Pool<FakeConnection> {
  return new Pool(new FakeConnector(), {
    name,
    size: 2,
    maxOverflow: 0,
    leakThresholdMs: 50,
    monitorIntervalMs: 20,
    logger: { warn: () => undefined, error: () => undefined },
  });
}

function show(pool: Pool<FakeConnection>): AdminPool {
  return {
    name: pool.name,
    snapshot: () => pool.snapshot(),
    ...(wish.diagnosis === false ? {} : { diagnostics: () => getPoolDiagnostics(pool) }),
    evict: () => pool.evict(),
    suspend: () => pool.suspend(),
    resume: () => pool.resume(),
    reclaim: () => pool.reclaim(),
    on: () => () => undefined,
  };
}

async function mount(token: string | undefined): Promise<number | undefined> {
  if (token === undefined) return undefined;
  const handler = adminHandler({ pools: shown, token, prefix: '/lifeguard' });
  const server = createServer(toNodeListener(handler));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
