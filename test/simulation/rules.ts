import type { PoolCounts } from '@lifeguard/core';
import { checkCare } from './care-rules.ts';
import { checkDeadlock } from './deadlock-rules.ts';
import { checkDetector, noteOwners } from './detector-rules.ts';
import { TICK_MS } from './grants.ts';
import { mustBeGone } from './refusals.ts';
import { countWaiting, servable } from './reserve.ts';
import type { World } from './world.ts';

/** How often the counters are compared: a snapshot costs more than all else. */
const ACCOUNTS_EVERY = 64;

/** What must hold after every step, by what was seen from outside of the pool. */
export function checkRules(world: World): void {
  world.order.check(world);
  world.overload.check(world);
  world.governor.check(world.clock.now());
  world.told.check(world);
  checkCallers(world);
  const counts = world.pool.counts();
  checkLeases(world, counts);
  checkConnections(world, counts);
  checkWork(world, counts);
  checkCare(world);
  noteOwners(world);
  checkDetector(world);
  checkDeadlock(world);
  checkSessions(world);
  checkClosing(world);
  if (world.steps % ACCOUNTS_EVERY === 0) checkAccounts(world);
  try {
    world.pool.audit();
  } catch (error) {
    world.judge.broken('audit', error instanceof Error ? error.message : String(error));
  }
}

function checkCallers(world: World): void {
  const { calls, judge, clock } = world;
  const now = clock.now();
  let isTimed = false;
  for (const call of calls.waiting) {
    judge.expect(
      call.lent === undefined,
      'I4',
      () => `${call.label} was lent c${call.lent?.id} and never heard of it`,
    );
    judge.expect(now <= call.deadlineAt + TICK_MS, 'I7', () => `${call.label} waits beyond its deadline`);
    judge.expect(!mustBeGone(world, call), 'I4', () => `${call.label} waits though it may not`);
    if (call.deadlineAt !== Infinity) isTimed = true;
  }
  judge.expect(clock.keepAliveTimers === (isTimed ? 1 : 0), 'I7', () => 'the process is kept alive wrongly');
}

function checkLeases(world: World, { used, pending }: PoolCounts): void {
  const { holds, judge } = world;
  judge.expect(
    used === holds.open.size,
    'I3',
    () => `${used} leases by the pool, ${holds.open.size} by the wire`,
  );
  const waiting = countWaiting(world);
  // Of those who came in this step some may have been overtaken since, by whom is counted apart.
  const came = [...world.calls.waiting].filter(({ step }) => step === world.steps - 1);
  const unleased = came.map(({ maxBefore, openBefore }) => Math.max(maxBefore, world.max) - openBefore);
  for (const group of ['high', 'ordinary'] as const) {
    // A resize to fewer turns away nobody who waits already.
    const limit = Math.max(
      world.options.maxWaiting + Math.max(0, world.max - used, ...unleased),
      world.pending[group],
    );
    judge.expect(
      waiting[group] <= limit,
      'I4',
      () => `${waiting[group]} ${group} wait, of ${limit} that may`,
    );
  }
  world.pending = waiting;
  judge.expect(
    pending === world.calls.waiting.size,
    'I4',
    () => `${pending} wait by the pool, ${world.calls.waiting.size} by their own account`,
  );
  for (const hold of holds.open) {
    judge.expect(!hold.isBlockOver, 'I12', () => `lease #${hold.record.id} outlives its block`);
    judge.expect(
      hold.record.state.kind === 'open',
      'I3',
      () => `lease #${hold.record.id} is closed too early`,
    );
    judge.expect(hold.connection.phase === 'lent', 'I3', () => `lease #${hold.record.id} has no connection`);
    if (hold.connection.queries.length > 0) hold.lastQueryAt = world.clock.now();
    for (let { session } = hold; session !== undefined; session = session.parent)
      judge.expect(
        !session.signal.aborted,
        'I14',
        () => `lease #${hold.record.id} outlives session ${session?.id}`,
      );
  }
}

function checkConnections(world: World, counts: PoolCounts): void {
  const { server, judge, governor, options, clock } = world;
  server.forgetEnded();
  let kept = 0;
  let lent = 0;
  let ending = 0;
  let maybeLost = 0;
  for (const connection of server.live) {
    const { phase, id } = connection;
    if (phase === 'returned' || phase === 'revoked')
      judge.broken('I12', `c${id} is ${phase}, and left alone`);
    if (phase === 'lent') lent += 1;
    if (connection.isKept) kept += 1;
    const isLate = clock.now() >= connection.closeBegunAt + options.closeTimeoutMs;
    if (connection.isLost || (connection.isEnding && isLate)) maybeLost += 1;
    else if (connection.isEnding) ending += 1;
  }
  const { used, idle, resetting, connecting } = counts;
  judge.expect(lent === used, 'I3', () => `${lent} connections lent, ${used} used`);
  judge.expect(
    kept === used + idle + resetting,
    'I12',
    () => `${kept} connections kept, but ${used}+${idle}+${resetting} known`,
  );
  judge.expect(
    governor.connecting === connecting,
    'I12',
    () => `${governor.connecting} attempts, ${connecting} known`,
  );
  const occupied = kept + connecting + ending;
  // Of those that a resize has made too many, none is taken from its holder, none is kept, and none is added.
  const limit = Math.max(world.max, world.occupied);
  judge.expect(occupied <= limit, 'I1', () => `${occupied} connections of ${world.max}`);
  world.occupied = occupied;
  const staying = used + idle + resetting + connecting;
  judge.expect(
    idle === 0 || staying <= world.max,
    'I1',
    () => `${idle} idle, though ${staying} stay of ${world.max}`,
  );
  judge.expect(
    counts.closing >= ending && counts.closing <= ending + maybeLost,
    'I12',
    () => `${counts.closing} closing by the pool, ${ending} to ${ending + maybeLost} by the wire`,
  );
  judge.expect(counts.lost <= maybeLost, 'I1', () => `${counts.lost} lost, of ${maybeLost} that can be`);
}

function checkWork(world: World, counts: PoolCounts): void {
  const { options, governor, clock, judge } = world;
  if (world.isClosing || world.isSuspended) return;
  const { pending, idle, resetting, connecting, used, closing } = counts;
  const pinging = countPinging(world);
  const waiting = servable(world);
  judge.expect(
    idle === 0 || waiting <= pinging,
    'I5',
    () => `${waiting} wait beside ${idle} idle connections`,
  );
  if (idle > pinging && pending > waiting) world.note('reserve-kept');
  const wanted = Math.max(waiting, options.minIdle - idle) - connecting - resetting;
  if (wanted <= 0 || used + idle + resetting + connecting + closing >= world.max) return;
  if (governor.isSpotless) {
    judge.expect(
      connecting >= options.maxConnecting,
      'I5',
      () => `${wanted} more wanted, and only ${connecting} on their way`,
    );
  }
  const pauseMs = Math.max(options.connectBackoffMs, options.maxConnectBackoffMs);
  const isPausing = clock.now() <= Math.max(governor.lastFailureAt + pauseMs, world.stalledUntil) + TICK_MS;
  judge.expect(connecting > 0 || isPausing, 'I5', () => `${wanted} wanted, and nobody tries`);
}

function countPinging(world: World): number {
  let count = 0;
  for (const { phase } of world.server.live) if (phase === 'pinging') count += 1;
  return count;
}

function checkSessions(world: World): void {
  const now = world.clock.now() - TICK_MS;
  for (const [session, deadlineAt] of world.sessionDeadlines) {
    if (session.state !== 'open') world.sessionDeadlines.delete(session);
    else world.judge.expect(now <= deadlineAt, 'I7', () => `a session outlives its deadline ${deadlineAt}`);
  }
}

function checkClosing(world: World): void {
  const { closing, judge, clock, holds, governor } = world;
  if (closing === undefined) return;
  judge.expect(governor.connecting === 0, 'I13', () => 'a closing pool goes on connecting');
  const isDrained = clock.now() > closing.startedAt + closing.drainMs + TICK_MS || closing.drainMs === 0;
  judge.expect(
    !isDrained || holds.open.size === 0,
    'I13',
    () => `${holds.open.size} leases outlive the drain`,
  );
}

/** `close()` has resolved: nothing is open that the pool could still have waited for. */
export function judgeClosed({ server, governor, judge, clock, options }: World): void {
  for (const each of server.live) {
    const isLate = clock.now() >= each.closeBegunAt + options.closeTimeoutMs;
    const isOpen = each.isKept || (each.isEnding && !isLate);
    judge.expect(!isOpen, 'I13', () => `close() ended while c${each.id} is ${each.phase}`);
  }
  judge.expect(governor.connecting === 0, 'I13', () => 'close() ended while a connect is under way');
}

/** Each call of `acquire` and each connection is counted once. */
export function checkAccounts(world: World): void {
  const { calls, judge, pool, holds, server } = world;
  const { counters, lastConnectError } = pool.snapshot();
  judge.expect(
    world.governor.isFailing || world.isClosing || lastConnectError === undefined,
    'I23',
    () => `an outage is told of (${lastConnectError}), which is over`,
  );
  const { acquired, timeouts, aborted, rejected, released, revoked } = counters;
  judge.expect(
    acquired === calls.granted.length,
    'I23',
    () => `${acquired} granted, ${calls.granted.length} got`,
  );
  const refused = timeouts + aborted + rejected;
  judge.expect(
    refused === calls.refused.length,
    'I23',
    () => `${refused} refused of ${calls.refused.length}`,
  );
  const by = (state: string): number => holds.finished.filter((each) => each.state === state).length;
  // A listener may have ended a connection while its block was giving it back.
  const either = holds.finished.filter((each) => each.state === 'lost' && each.isBlockOver).length;
  const least = by('released');
  judge.expect(
    released >= least && released <= least + either,
    'I23',
    () => `${released} released, not ${least}`,
  );
  judge.expect(revoked === by('revoked'), 'I23', () => `${revoked} revoked, not ${by('revoked')}`);
  const made = server.connections.filter((each) => !Number.isNaN(each.openedAt)).length;
  judge.expect(counters.connected <= made, 'I23', () => `${counters.connected} of ${made} connected`);
  const { used, idle, resetting } = pool.counts();
  const gone = counters.connected - used - idle - resetting;
  judge.expect(
    counters.closed <= gone && gone - counters.closed <= world.maxEver,
    'I23',
    () => `${counters.closed} closed, ${gone} gone`,
  );
}
