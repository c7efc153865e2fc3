import type { LeakReport, LeaseRevokedError } from '@lifeguard/core';
import { TICK_MS } from './grants.ts';
import type { Hold } from './holds.ts';
import { awakeMs } from './stalls.ts';
import type { World } from './world.ts';

/** A lease is suspected: it must be open, and what is said of it true. */
export function judgeReport(world: World, report: LeakReport): void {
  const { judge, options, clock } = world;
  const hold = world.holds.byId(report.lease.id);
  const name = `lease #${report.lease.id} is reported as ${report.evidence.join()}`;
  if (hold?.state !== 'open') return judge.broken('I22', `${name}, but it is ${hold?.state}`);
  const own = hold.record.leakThresholdMs;
  const now = clock.now();
  const isRunning = hold.connection.queries.length > 0;
  const isOverdue = report.evidence.includes('overdue');
  judge.expect(own !== Infinity, 'I22', () => `${name}, but is exempt`);
  judge.expect(
    !isRunning || report.evidence.join() === 'overdue',
    'I22',
    () => `${name}, but its query runs`,
  );
  const idleMs = now - hold.lastQueryAt;
  const leastMs = own ?? options.idleThresholdMs;
  judge.expect(
    !report.evidence.includes('idle') || idleMs >= leastMs,
    'I22',
    () => `${name} after ${idleMs} of ${leastMs} ms`,
  );
  const adaptiveMs = isRunning || own !== undefined ? Infinity : floorOf(world);
  const overdueMs = Math.min(own ?? options.leakThresholdMs, adaptiveMs);
  const heldMs = awakeMs(world.stalls, hold.openedAt, now);
  judge.expect(!isOverdue || heldMs >= overdueMs, 'I22', () => `${name} after ${heldMs} of ${overdueMs} ms`);
  const isNew = report.evidence.some((each) => !hold.evidence.has(each));
  judge.expect(isNew, 'I22', () => `${name} again`);
  for (const evidence of report.evidence) hold.evidence.add(evidence);
  if (Number.isNaN(hold.reportedAt)) hold.reportedAt = now;
}

function floorOf({ options }: World): number {
  const { adaptiveThreshold: adaptive } = options;
  return typeof adaptive === 'object' ? (adaptive.floorMs ?? 0) : Infinity;
}

/** A lease is taken back: for a reason that holds, and never a leaked one before it was reported. */
export function judgeRevocation(world: World, hold: Hold, error: LeaseRevokedError): void {
  const { judge, clock, closing } = world;
  const name = `lease #${hold.record.id} is revoked (${error.reason})`;
  switch (error.reason) {
    case 'close':
      judge.expect(
        closing !== undefined && clock.now() >= closing.startedAt + closing.drainMs,
        'I13',
        () => `${name} before the time to drain is over`,
      );
      return;
    case 'session-timeout':
    case 'session-aborted':
      judge.expect(hold.session?.state !== 'open', 'I14', () => `${name}, but its session is open`);
      return;
    case 'leak':
      return judgeReclaim(world, hold, name);
    default:
      return judge.broken('I14', name);
  }
}

function judgeReclaim(world: World, hold: Hold, name: string): void {
  const { judge, clock, options } = world;
  const now = clock.now();
  world.reclaimed += 1;
  judge.expect(options.reclaim !== 'report', 'I22', () => `${name}, though the policy is to report`);
  judge.expect(hold.reportedAt < now, 'I22', () => `${name}, and was not reported before`);
  if (options.reclaim === 'under-pressure') {
    const waiting = [...world.calls.waiting].filter((call) => call.lent === undefined).length;
    judge.expect(waiting >= world.reclaimed, 'I22', () => `${name}, though only ${waiting} wait`);
  }
  const isOverLimit =
    options.reclaim === 'always' &&
    hold.record.leakThresholdMs === undefined &&
    now - hold.openedAt >= options.sessionTimeoutMs;
  if (isOverLimit) return;
  const idleMs = now - hold.lastQueryAt;
  const isOwnerless = !Number.isNaN(hold.collectedAt) || hold.session !== undefined;
  const idleThresholdMs = hold.record.leakThresholdMs ?? options.idleThresholdMs;
  const leastMs = isOwnerless ? Math.min(idleThresholdMs, options.orphanGraceMs) : idleThresholdMs;
  judge.expect(hold.connection.queries.length === 0, 'I22', () => `${name}, though its query runs`);
  judge.expect(idleMs >= leastMs, 'I22', () => `${name}, though it was idle for ${idleMs} ms only`);
}

/** What should have been noticed by now. Where the loop was blocked, times are not exact. */
export function checkDetector(world: World): void {
  const { options, clock, judge } = world;
  const now = clock.now();
  const lookMs = 2 * options.monitorIntervalMs + TICK_MS;
  world.reclaimed = 0;
  for (const hold of world.holds.open) {
    const own = hold.record.leakThresholdMs;
    if (world.stalledUntil >= hold.openedAt || own === Infinity || world.isClosing) continue;
    const name = `lease #${hold.record.id}`;
    const heldMs = now - hold.openedAt - lookMs;
    const quietMs = now - hold.lastQueryAt - lookMs;
    const { evidence } = hold;
    if (heldMs > (own ?? options.leakThresholdMs))
      judge.expect(evidence.has('overdue'), 'I22', () => `${name} is overdue, and not reported`);
    if (quietMs > (own ?? options.idleThresholdMs))
      judge.expect(evidence.has('idle'), 'I22', () => `${name} is idle, and not reported`);
    if (quietMs > 0 && now - hold.ownerGoneAt - lookMs > options.orphanGraceMs)
      judge.expect(evidence.has('orphaned'), 'I22', () => `${name} is orphaned, and not reported`);
    if (quietMs > 0 && now - hold.collectedAt - lookMs > 0)
      judge.expect(evidence.has('collected'), 'I22', () => `${name} is collected, and not reported`);
    if (options.reclaim === 'always' && quietMs - lookMs > (own ?? options.idleThresholdMs))
      judge.broken('I22', `${name} is idle for long, and not taken back`);
  }
}

/** Notes who has lost their owner. */
export function noteOwners({ holds, clock }: World): void {
  for (const hold of holds.open) {
    if (Number.isNaN(hold.ownerGoneAt) && hold.session !== undefined && hold.session.state !== 'open')
      hold.ownerGoneAt = clock.now();
  }
}
