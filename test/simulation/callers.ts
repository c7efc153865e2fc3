import type { SessionOptions } from '@lifeguard/core';
import type { Account } from './accounts.ts';
import type { Draw } from './draw.ts';
import type { Hold } from './holds.ts';
import { codeOf } from './refusals.ts';
import { TENANTS } from './plan.ts';
import type { QueryKind } from './wire-connection.ts';
import type { Wish } from './wishes.ts';
import type { World } from './world.ts';

/** Blocks inside blocks inside blocks; deeper ones are no different. */
const DEPTH = 3;

/** Somebody who wants a connection comes along, of a kind that the seed draws. */
export function startCaller(world: World): void {
  const { draw } = world;
  const wish = drawWish(world);
  const isInSession = draw.chance(0.25);
  const work = draw.chance(0.5) ? () => useIt(world, wish, 1) : () => holdIt(world, wish);
  void survive(world, isInSession ? inSession(world, work) : work());
}

/** What a caller's own code rejects with ends here; a bug of the core's does not. */
async function survive(world: World, running: Promise<void>): Promise<void> {
  try {
    await running;
  } catch (error) {
    if (codeOf(error) === 'LG_BUG') world.judge.broken('audit', (error as Error).message);
  }
}

function drawWish(world: World, around: Partial<Wish> = {}): Wish {
  const { draw, options, core } = world;
  const session = core.currentSession();
  return {
    ...around,
    ...(draw.chance(0.4) ? { timeoutMs: draw.pick([0, 10, 40, 150, 600]) } : {}),
    ...(draw.chance(0.3) ? { controller: drawController(draw) } : {}),
    ...(draw.chance(0.1) ? { leakThresholdMs: draw.pick([30, options.leakThresholdMs * 2, Infinity]) } : {}),
    ...drawAccount(world),
    ...(session === undefined ? {} : { session }),
  };
}

/** What a caller says of itself, or a session of those in it. */
function drawAccount({ draw, callers }: World): Account {
  return {
    ...(draw.chance(callers.priorities) ? { priority: draw.pick(['high', 'normal', 'low'] as const) } : {}),
    ...(draw.chance(callers.tenants) ? { tenant: draw.pick(TENANTS) } : {}),
  };
}

/** A few have changed their mind before they ask. */
function drawController(draw: Draw): AbortController {
  const controller = new AbortController();
  if (draw.chance(0.1)) controller.abort(new Error('aborted before'));
  return controller;
}

/** Takes a lease and gives it back somewhere else, late, twice, or not at all. */
async function holdIt(world: World, wish: Wish): Promise<void> {
  const session = world.core.currentSession();
  const hold = await world.acquire({ ...wish, ...(session === undefined ? {} : { session }) });
  await work(world, hold);
  const { draw } = world;
  if (draw.chance(0.12)) return world.note('leaked', `l${hold.record.id}`);
  if (draw.chance(0.15)) await world.pause(draw.pick([100, 300]));
  world.release(hold, draw.chance(0.1));
  if (draw.chance(0.1)) world.release(hold);
}

/** A block that holds a lease while it runs, and perhaps asks for another. */
async function useIt(world: World, wish: Wish, depth: number): Promise<void> {
  const session = world.core.currentSession();
  await world.use({ ...wish, ...(session === undefined ? {} : { session }) }, async (hold) => {
    await work(world, hold);
    const { draw } = world;
    if (depth < DEPTH && draw.chance(0.35)) {
      const isAwaited = draw.chance(0.7);
      const inner = useIt(world, drawWish(world, { nestedIn: hold, isAwaited }), depth + 1);
      if (isAwaited) await inner;
      else void survive(world, inner);
      if (!isAwaited && draw.chance(0.6)) await world.pause(draw.pick([40, 150]));
    }
    if (draw.chance(0.1)) throw new Error('the block failed');
  });
}

async function inSession(world: World, work: () => Promise<void>): Promise<void> {
  const { draw, clock, core } = world;
  const timeoutMs = draw.pick([20, 80, 300, Infinity]);
  const isNested = draw.chance(0.2);
  const around = core.currentSession();
  const account = drawAccount(world);
  await core.runSession({ timeoutMs, clock, ...said(account) }, async (session) => {
    world.sessions.push(session);
    world.accounts.set(session, account);
    const parentAt = around === undefined ? Infinity : (world.sessionDeadlines.get(around) ?? Infinity);
    world.sessionDeadlines.set(session, Math.min(parentAt, clock.now() + timeoutMs));
    world.note('session', `${timeoutMs}`);
    if (isNested) await inSession(world, work);
    else if (draw.chance(0.3)) void survive(world, work());
    else await work();
    if (draw.chance(0.2)) await world.pause(draw.pick([5, 50]));
  });
}

/** How a session says it; `tenantTag` is the same for all pools. */
function said({ priority, tenant }: Account): Pick<SessionOptions, 'priority' | 'tags'> {
  return {
    ...(priority === undefined ? {} : { priority }),
    ...(tenant === undefined ? { tags: { kind: 'job' } } : { tags: { tenant } }),
  };
}

/** A few statements, with pauses; what they leave behind is left to the pool. */
async function work(world: World, hold: Hold): Promise<void> {
  const { draw } = world;
  for (let count = draw.pick([0, 1, 1, 2, 3]); count > 0; count -= 1) {
    if (draw.next() < world.faults.leaseDies && hold.connection.phase === 'lent')
      world.connector.kill(hold.connection);
    const sent = query(world, hold);
    if (draw.chance(0.85)) await sent;
    else void survive(world, sent);
    if (draw.chance(0.3)) await world.pause(draw.pick([0, 3, 30, 120]));
  }
}

/** Sends one statement by the handle, which throws once the lease is over. */
async function query(world: World, hold: Hold): Promise<void> {
  const { draw, faults, server } = world;
  const kind = draw.pick<QueryKind>(['select', 'select', 'begin', 'commit', 'bad']);
  const hangs = draw.next() < faults.queryHangs;
  const takesMs = hangs ? Infinity : draw.pick([0, 1, 5, 40, 200]);
  const connection = hold.lease?.connection ?? hold.connection;
  const answer = server.send(connection, hold.record, kind, takesMs);
  if (draw.chance(0.08)) server.cancel(connection, connection.epoch, () => undefined);
  try {
    await answer;
  } catch (error) {
    world.note('query-failed', codeOf(error));
    if (draw.chance(0.5)) throw error;
  }
}
