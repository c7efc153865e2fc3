import * as core from '@lifeguard/core';
import type { Account } from './accounts.ts';
import { explore } from './explorer.ts';
import type { SmallWorld } from './explorer.ts';
import type { World } from './world.ts';

/** Takes a connection for somebody, holds it for a while, and gives it back. */
const holdFor =
  (account: Account) =>
  async (world: World): Promise<void> => {
    const held = await world.acquire({ ...account, controller: new AbortController() });
    await world.pause(1);
    world.release(held);
  };

const hold = holdFor({});

/** The same, with a statement that leaves a transaction open. */
const leaveDirty = async (world: World): Promise<void> => {
  const held = await world.acquire({ controller: new AbortController() });
  await world.server.send(held.connection, held.record, 'begin', 1);
  world.release(held);
};

/** Does not wait for long. */
const hurry = async (world: World): Promise<void> => {
  const held = await world.acquire({ timeoutMs: 15, controller: new AbortController() });
  world.release(held);
};

/** A block that asks for a second connection. */
const nest = (world: World): Promise<void> =>
  world.use({}, (outer) =>
    world.use({ nestedIn: outer, isAwaited: true }, async () => {
      await world.pause(1);
    }),
  );

const WORLDS: readonly SmallWorld[] = [
  {
    name: 'three holders, size 2; a connect or close that fails, one gives up, time passes',
    options: {},
    callers: [hold, hold, hold],
    faults: ['fail', 'abort'],
    timers: 1,
  },
  {
    name: 'three holders, size 2; a connection that dies',
    options: {},
    callers: [hold, hold, hold],
    faults: ['kill'],
    timers: 0,
  },
  {
    name: 'dirty returns, size 1; a reset that fails, a death, time passes',
    options: { size: 1 },
    callers: [leaveDirty, leaveDirty, hold],
    faults: ['fail', 'kill'],
    timers: 1,
  },
  {
    name: 'two holders and one in a hurry, size 1; anything, and time passes twice',
    options: { size: 1 },
    callers: [hold, hold, hurry],
    faults: ['fail', 'kill', 'abort', 'evict', 'suspend', 'close'],
    timers: 2,
  },
  {
    name: 'two holders, size 2, one kept idle; evict, suspend or close at any point',
    options: { minIdle: 1 },
    callers: [hold, hold],
    faults: ['evict', 'suspend', 'close'],
    timers: 1,
  },
  {
    name: 'blocks inside blocks, size 2, so that a deadlock must be found; a connection that dies',
    options: {},
    callers: [nest, nest, nest],
    faults: ['kill'],
    timers: 0,
  },
  {
    name: 'pings before grants, size 2; any answer fails, time passes',
    options: { prePing: true, pingAfterIdleMs: 0 },
    callers: [hold, hold, hurry],
    faults: ['fail'],
    timers: 1,
  },
  {
    name: 'one connection of two reserved; an urgent holder and two others; one dies, or gives up',
    options: { reserved: 1 },
    callers: [holdFor({ priority: 'high' }), hold, hold],
    faults: ['kill', 'abort'],
    timers: 0,
  },
  {
    name: 'one of two reserved, and a block inside a block of those who may not use it; one dies',
    options: { reserved: 1 },
    callers: [nest, holdFor({ priority: 'high' }), holdFor({ priority: 'high' })],
    faults: ['kill'],
    timers: 0,
  },
  {
    name: 'three priorities, size 1; one gives up, or nobody is served for a while',
    options: { size: 1 },
    callers: [holdFor({ priority: 'low' }), hold, holdFor({ priority: 'high' })],
    faults: ['abort', 'suspend'],
    timers: 0,
  },
  {
    name: 'two of one tenant and one who names none, size 1; one dies, or gives up',
    options: { size: 1 },
    callers: [holdFor({ tenant: 'acme' }), holdFor({ tenant: 'acme' }), hold],
    faults: ['kill', 'abort'],
    timers: 0,
  },
  {
    name: 'a controlled queue, size 1, one in a hurry; one gives up, time passes twice',
    options: { size: 1, queuePolicy: 'controlled' },
    callers: [hold, hold, hurry],
    faults: ['abort'],
    timers: 2,
  },
];

/** How many small worlds there are. */
export const smallWorldCount: number = WORLDS.length;

/** Explores every small world, and tells of each. Returns how many broke a rule. */
export async function exploreAll(tell: (line: string) => void): Promise<number> {
  let broken = 0;
  for (const small of WORLDS) {
    const startedAt = Date.now();
    const { histories, failure } = await explore(core, small);
    const seconds = ((Date.now() - startedAt) / 1_000).toFixed(1);
    tell(
      `${failure === undefined ? 'ok    ' : 'BROKEN'} ${small.name}: ${histories} histories (${seconds} s)`,
    );
    if (failure === undefined) continue;
    broken += 1;
    tell(`       ${failure.message}\n       ${failure.path.join(' → ')}`);
  }
  return broken;
}
