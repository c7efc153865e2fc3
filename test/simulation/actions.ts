import { startCaller } from './callers.ts';
import { startCrowd } from './crowd.ts';
import { codeOf } from './refusals.ts';
import { countWaiting } from './reserve.ts';
import { FROZEN_MS } from './stalls.ts';
import type { World } from './world.ts';

type Action = (world: World) => void;

/** What may happen at any moment, also inside of an event. */
const ACTIONS = {
  acquire: startCaller,
  release: (world) => {
    const hold = world.draw.pickAny([...world.holds.open]);
    if (hold?.lease !== undefined) world.release(hold, world.draw.chance(0.1));
  },
  stale: (world) => {
    const hold = world.draw.pickAny(world.holds.finished);
    if (hold?.lease === undefined) return;
    const { lease } = hold;
    if (world.draw.chance(0.5)) world.release(hold, world.draw.chance(0.3));
    try {
      void lease.connection;
      world.judge.broken('I3', `finished lease #${lease.id} gave its connection away`);
    } catch (error) {
      world.note('stale', codeOf(error));
    }
  },
  abort: (world) => {
    const waiting = [...world.calls.waiting].filter((each) => each.controller !== undefined);
    const call = world.draw.pickAny(waiting);
    if (call === undefined) return;
    world.note('abort', call.label);
    call.controller?.abort(new Error(`aborted ${call.label}`));
  },
  /** The signal of a caller that has been served already: a sign that its owner is gone. */
  abortHolder: (world) => {
    const call = world.draw.pickAny([...world.holds.open])?.call;
    if (call?.state === 'granted') call.controller?.abort(new Error('gone'));
  },
  kill: (world) => {
    const victim = world.draw.pickAny(
      [...world.server.live].filter((each) => each.isKept || each.phase === 'closing'),
    );
    if (victim !== undefined && victim.phase !== 'returned') world.connector.kill(victim);
  },
  evict: (world) => {
    world.note('evict');
    world.generation += 1;
    world.pool.evict();
  },
  resize: (world) => {
    const size = world.draw.between(1, 4);
    const maxOverflow = world.draw.pick([0, 0, 1, 2]);
    const { minIdle, reserved } = world.options;
    if (size + maxOverflow < Math.max(minIdle, reserved + 1)) return;
    world.note('resize');
    // There may be so many still, and so many wait, whatever comes of it.
    world.occupied = Math.max(world.occupied, world.max);
    const waiting = countWaiting(world);
    world.pending = {
      high: Math.max(world.pending.high, waiting.high),
      ordinary: Math.max(world.pending.ordinary, waiting.ordinary),
    };
    world.size = size;
    world.max = size + maxOverflow;
    world.maxEver = Math.max(world.maxEver, world.max);
    world.pool.resize({ size, maxOverflow });
  },
  suspend: (world) => {
    if (world.isClosing) return;
    world.note('suspend');
    world.isSuspended = true;
    world.pool.suspend();
  },
  resume: (world) => {
    if (!world.isSuspended) return;
    world.note('resume');
    world.isSuspended = false;
    world.pool.resume();
  },
  abortSession: (world) => {
    const session = world.draw.pickAny(world.sessions);
    if (session === undefined || session.state !== 'open') return;
    world.note('abort-session');
    session.abort(new Error('session aborted'));
  },
  collect: (world) => {
    const hold = world.draw.pickAny([...world.holds.open]);
    if (hold === undefined || !world.draw.chance(0.3)) return;
    world.note('collected', `l${hold.record.id}`);
    hold.record.find().collected = true;
    hold.collectedAt = world.clock.now();
  },
  close: (world) => {
    if (world.draw.chance(0.05)) world.close(world.draw.pick([0, 60, 300]));
  },
} satisfies Record<string, Action>;

/** What happens to the world around, between two steps only. */
const OUTSIDE = {
  outage: (world) => {
    world.isDown = !world.isDown;
    world.note(world.isDown ? 'outage' : 'outage-over');
    if (!world.isDown || !world.draw.chance(0.5)) return;
    for (const each of world.server.connections) if (each.phase === 'free') world.connector.kill(each);
  },
  /** Several come to a pool that serves nobody for a moment, and are served together. */
  rush: (world) => {
    ACTIONS.suspend(world);
    for (let count = 0; count < 3; count += 1) startCaller(world);
    for (const hold of [...world.holds.open])
      if (hold.lease !== undefined && world.draw.chance(0.8)) world.release(hold);
    world.agenda.wake('resume', world.draw.pick([0, 5, 40]), () => ACTIONS.resume(world));
  },
  crowd: (world) => {
    if (world.callers.crowds === 0 || world.crowdsLeft === 0) return ACTIONS.acquire(world);
    world.crowdsLeft -= 1;
    startCrowd(world);
  },
  sleep: (world) => {
    world.note('sleep');
    const ms = world.draw.pick([500, 20_000]);
    world.clock.sleep(ms);
    if (ms < FROZEN_MS) return;
    world.thawedAt = world.clock.now();
    world.isThawUntold = true;
    // What was cut meanwhile may be heard of before anything else is done.
    for (const each of world.server.connections)
      if (each.phase === 'lent' && world.draw.chance(0.3)) world.connector.kill(each);
  },
} satisfies Record<string, Action>;

const ALL: readonly (readonly [name: string, weight: number, action: Action])[] = [
  ['acquire', 10, ACTIONS.acquire],
  ['release', 3, ACTIONS.release],
  ['stale', 1, ACTIONS.stale],
  ['abort', 1, ACTIONS.abort],
  ['abortHolder', 0.3, ACTIONS.abortHolder],
  ['kill', 0.7, ACTIONS.kill],
  ['evict', 0.3, ACTIONS.evict],
  ['resize', 0.2, ACTIONS.resize],
  ['suspend', 0.1, ACTIONS.suspend],
  ['resume', 0.6, ACTIONS.resume],
  ['abortSession', 0.5, ACTIONS.abortSession],
  ['collect', 0.4, ACTIONS.collect],
  ['close', 0.2, ACTIONS.close],
  ['outage', 0.3, OUTSIDE.outage],
  ['rush', 0.8, OUTSIDE.rush],
  ['crowd', 0.8, OUTSIDE.crowd],
  ['sleep', 0.2, OUTSIDE.sleep],
];

/** Draws, for one seed, how often each kind of action happens; some do not happen at all. */
export function drawActions(world: World): () => Action {
  const { draw } = world;
  const weights = ALL.map(([name, weight]) =>
    name !== 'acquire' && draw.chance(0.3) ? 0 : weight * (0.3 + draw.next()),
  );
  const total = weights.reduce((sum, each) => sum + each, 0);
  return () => {
    let rest = draw.next() * total;
    const index = weights.findIndex((each) => (rest -= each) < 0);
    return (ALL[index] ?? ALL[0])?.[2] as Action;
  };
}

const INSIDE: readonly Action[] = [
  ACTIONS.acquire,
  ACTIONS.acquire,
  ACTIONS.release,
  ACTIONS.release,
  ACTIONS.abort,
  ACTIONS.abort,
  ACTIONS.kill,
  ACTIONS.evict,
  ACTIONS.resize,
  ACTIONS.suspend,
  ACTIONS.suspend,
  ACTIONS.suspend,
  ACTIONS.resume,
  ACTIONS.close,
];

/** Draws, for one seed, what listeners do: often only one or two kinds of things, which so come together. */
export function drawInside({ draw }: World): readonly Action[] {
  if (draw.chance(0.3)) return [draw.pick(INSIDE)];
  return draw.chance(0.6) ? INSIDE : [draw.pick(INSIDE), draw.pick(INSIDE)];
}

/** One action from inside of an event of the pool's. */
export function actInside(world: World, actions: readonly Action[]): void {
  world.note('act-inside');
  // Not as part of the block that set the event off: whatever it starts holds nothing.
  world.core.outsideSession(() => world.draw.pick(actions)(world));
}
