import { setTimeout as sleep } from 'node:timers/promises';
import { isLifeguardError, runSession } from '@lifeguard/core';
import { explainError } from '@lifeguard/pg';
import type { Run } from './layer.ts';
import type { MatrixWorld } from './matrix-world.ts';

/** What the code that called the layer saw. */
export type Seen = 'ours' | 'its own' | 'explained' | 'the layer’s' | 'none' | 'not there';

/** One row of the matrix: something that goes wrong, and what the caller sees of it. */
export interface Scenario {
  readonly name: string;
  run(world: MatrixWorld): Promise<Seen>;
}

const LIMIT_MS = 250;
const OWN = new Error('of the caller');

/** A transaction in a session that ends after a quarter of a second; what its caller sees. */
async function cutOff(world: MatrixWorld, work: (run: Run) => Promise<unknown>): Promise<Seen> {
  const inner: Promise<Seen>[] = [];
  const outer = await seenOf(() =>
    runSession({ timeoutMs: LIMIT_MS }, () => {
      const transaction = world.layer.transaction(work);
      // Whoever awaits the transaction itself must see no success either.
      inner.push(seenOf(() => transaction));
      return transaction;
    }),
  );
  const [settled] = await Promise.all(inner);
  return outer === 'ours' && settled !== undefined ? settled : outer;
}

/** By the error, or by those that it came from: layers wrap them under different names. */
async function seenOf(work: () => Promise<unknown>): Promise<Seen> {
  try {
    await work();
    return 'none';
  } catch (error) {
    let each: unknown = error;
    for (let depth = 0; depth < 5 && each instanceof Error; depth += 1) {
      // A pool gives the error of a hook to all who have waited: to the first itself, to others a copy.
      if (each.message === OWN.message) return 'its own';
      if (isLifeguardError(each)) return 'ours';
      each = each.cause ?? (each as { driverError?: unknown }).driverError;
    }
    if (isLifeguardError({ ...Object(error) })) return 'ours';
    return explainError(error) === undefined ? 'the layer’s' : 'explained';
  }
}

/** What can go wrong with a transaction, or a stream. */
export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'deadline, a query is in flight',
    run: (world) => cutOff(world, (run) => run('select pg_sleep(20)')),
  },
  {
    name: 'deadline, then a query',
    run: (world) =>
      cutOff(world, async (run) => {
        await run('select 1');
        await sleep(2 * LIMIT_MS);
        await run('select 2');
      }),
  },
  {
    name: 'deadline, then an error of the caller',
    run: (world) =>
      cutOff(world, async (run) => {
        await run('select 1');
        await sleep(2 * LIMIT_MS);
        throw OWN;
      }),
  },
  {
    name: 'deadline, then the commit',
    run: (world) =>
      cutOff(world, async (run) => {
        await run('insert into kept values (1)');
        await sleep(2 * LIMIT_MS);
      }),
  },
  {
    name: 'the socket dies, then a query',
    run: (world) =>
      seenOf(() =>
        world.layer.transaction(async (run) => {
          await run('insert into kept values (2)');
          await world.killBackends();
          await world.untilLost();
          await run('select 1');
        }),
      ),
  },
  {
    name: 'the socket dies under a query',
    run: (world) =>
      seenOf(() =>
        world.layer.transaction(async (run) => {
          await run('insert into kept values (2)');
          const running = run('select pg_sleep(20)');
          // A query of some layers begins when it is awaited.
          await Promise.all([running, sleep(100).then(() => world.killBackends())]);
        }),
      ),
  },
  {
    name: 'BEGIN fails',
    async run(world) {
      world.client.failsOnBegin = true;
      try {
        return await seenOf(() => world.layer.transaction((run) => run('insert into kept values (3)')));
      } finally {
        world.client.failsOnBegin = false;
      }
    },
  },
  {
    name: 'the hook of a new connection throws',
    async run(world) {
      world.pool.evict();
      world.client.refusedWith = OWN;
      try {
        return await seenOf(() => world.layer.transaction((run) => run('insert into kept values (4)')));
      } finally {
        world.client.refusedWith = undefined;
      }
    },
  },
  {
    name: 'the callback throws before its first query',
    run: (world) =>
      seenOf(() =>
        world.layer.transaction(() => {
          throw OWN;
        }),
      ),
  },
  {
    name: 'a stream is abandoned, then the deadline',
    async run({ layer }) {
      const { abandonStream } = layer;
      if (abandonStream === undefined) return 'not there';
      return seenOf(() => runSession({ timeoutMs: LIMIT_MS }, abandonStream));
    },
  },
];
