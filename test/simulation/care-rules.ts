import type { CloseManner } from '@lifeguard/core';
import type { WireConnection, WirePhase } from './wire-connection.ts';
import type { World } from './world.ts';

/** The pool's own grain: what is due within it counts as due. */
const GRAIN_MS = 2;
/** A lifetime ends up to a tenth earlier. */
const JITTER = 0.1;

const MANNERS: Readonly<Partial<Record<WirePhase, CloseManner>>> = {
  pinging: 'abrupt',
  resetting: 'cancel-first',
  lent: 'cancel-first',
  revoked: 'cancel-first',
};

/** The pool closes a connection: in the manner that fits, and for a reason that can be seen. */
export function judgeClose(world: World, connection: WireConnection, manner: CloseManner): void {
  const { phase, id } = connection;
  const fitting = connection.isBroken ? 'cancel-first' : (MANNERS[phase] ?? 'polite');
  world.judge.expect(
    manner === fitting,
    'I12',
    () => `c${id}, which is ${phase}, is closed in the manner ${manner}`,
  );
  // What broke this one has most likely broken those opened before it, unless they have been replaced since.
  if (phase === 'pinging' && connection.generation === world.generation) {
    // One as old as the last thaw may be of either side of it: then the others may be replaced, or not. So with one that was there
    // when others were perhaps replaced.
    if (wasReplaced(world, connection) || connection.begunAt <= world.perhapsEvictedAt)
      world.perhapsEvictedAt = world.clock.now();
    else world.generation += 1;
  }
  if (phase !== 'free') return;
  world.judge.expect(hasReason(world, connection), 'I5', () => `c${id} is closed for no reason`);
}

function hasReason(world: World, connection: WireConnection): boolean {
  const { options, clock } = world;
  if (world.isClosing || connection.isAbandoned || connection.generation < world.generation) return true;
  if (connection.uses >= options.maxUses) return true;
  const { used, idle, connecting, resetting, closing } = world.pool.counts();
  const remaining = used + idle + connecting + resetting;
  if (world.max < world.maxEver && remaining >= world.max) return true;
  const now = clock.now();
  if (wasReplaced(world, connection) || connection.begunAt <= world.perhapsEvictedAt) return true;
  if (now - connection.openedAt + GRAIN_MS >= options.maxLifetimeMs * (1 - JITTER)) return true;
  if (freeCount(world) <= options.minIdle) return false;
  const idleMs = now - connection.idleSince + GRAIN_MS;
  if (idleMs >= options.idleTimeoutMs) return true;
  return idleMs >= options.overflowLingerMs && remaining + closing > world.size;
}

/** Where nothing is pinged, all that is there when the pool learns that the process stood still is replaced. */
function wasReplaced({ options, isThawUntold, thawToldAt }: World, { begunAt }: WireConnection): boolean {
  return !options.prePing && (isThawUntold || begunAt <= thawToldAt);
}

/** What should have been done by now with connections that nobody uses. */
export function checkCare(world: World): void {
  const { options, clock, judge, server } = world;
  if (world.isClosing) return;
  const now = clock.now() - GRAIN_MS;
  const free = [...server.live].filter(({ phase }) => phase === 'free');
  for (const { id, openedAt, provenAt } of free) {
    judge.expect(now <= openedAt + options.maxLifetimeMs, 'I5', () => `c${id} outlives its lifetime`);
    judge.expect(
      options.keepaliveMs === 0 || now <= provenAt + options.keepaliveMs,
      'I5',
      () => `c${id} is not kept alive`,
    );
  }
  // One that was pinged meanwhile is looked at when it has answered.
  const isStale = ({ idleSince, provenAt }: WireConnection): boolean =>
    now > Math.max(idleSince + options.idleTimeoutMs, provenAt);
  const stale = free.filter(isStale).length;
  judge.expect(stale <= options.minIdle, 'I5', () => `${stale} connections are idle for too long`);
  checkOverflow(world, free, now);
}

function checkOverflow(world: World, free: readonly WireConnection[], now: number): void {
  const { options, judge } = world;
  if (staying(world) <= world.size || free.length <= options.minIdle) {
    world.overflowSince = Infinity;
    return;
  }
  world.overflowSince = Math.min(world.overflowSince, world.clock.now());
  for (const { id, idleSince, provenAt } of free)
    judge.expect(
      now <= Math.max(Math.max(idleSince, world.overflowSince) + options.overflowLingerMs, provenAt),
      'I5',
      () => `c${id} stays above the base size`,
    );
}

function freeCount({ server }: World): number {
  let count = 0;
  for (const { phase } of server.live) if (phase === 'free') count += 1;
  return count;
}

/** Connections that are here to stay, or on their way. */
function staying({ server, governor }: World): number {
  let count = governor.connecting;
  for (const each of server.live) if (each.isKept) count += 1;
  return count;
}
