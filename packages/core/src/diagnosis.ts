import { formatCallSite } from './call-site.ts';
import { formatDuration } from './error-report.ts';
import type { HolderView, LeaseView, PoolCounts } from './snapshot.ts';

/** A lease that has done nothing for this long, or for half of a shorter wait, is held and not used. */
const HELD_IDLE_MS = 1_000;

/** What is known at the moment when an acquire is turned away. */
export interface Scene {
  readonly counts: PoolCounts;
  readonly leases: readonly LeaseView[];
  readonly holders: readonly HolderView[];
  /** How long the caller has waited. */
  readonly waitedMs: number;
  /** How long the event loop was blocked during the wait. */
  readonly stalledMs: number;
  readonly suspended: boolean;
}

/** The likely cause, hedged, and what to do about it. */
export interface Diagnosis {
  readonly likely: string;
  readonly fix: string;
}

/** Tells a leak from load, and both from a blocked event loop, by what the holders are doing. */
export function diagnose(scene: Scene): Diagnosis {
  if (scene.suspended) {
    return {
      likely: 'the pool is suspended and grants nothing until it is resumed',
      fix: 'see that resume() is called on every path after suspend()',
    };
  }
  return leaked(scene) ?? stalled(scene) ?? heldIdle(scene) ?? freedLate(scene) ?? loaded(scene);
}

function leaked(scene: Scene): Diagnosis | undefined {
  const suspected = idleLeases(scene).filter((lease) => lease.suspected);
  if (suspected.length === 0) return undefined;
  const idleMs = Math.min(...suspected.map((lease) => lease.idleMs as number));
  return {
    likely: `leaked connections, not load: ${shareOf(suspected, scene)} ran no query for over ${formatDuration(idleMs)}`,
    fix: `wrap ${placeOf(mostSuspected(scene))} in managedTransaction(); raising size only delays this`,
  };
}

/** Only a stall that explains most of the wait is its cause. */
function stalled({ stalledMs, waitedMs }: Scene): Diagnosis | undefined {
  if (stalledMs === 0 || stalledMs * 2 < waitedMs) return undefined;
  return {
    likely: `the event loop was blocked for ${formatDuration(stalledMs)}; answers could not be read meanwhile`,
    fix: 'move the computation off the event loop; the pool and the database may be well',
  };
}

function heldIdle(scene: Scene): Diagnosis | undefined {
  const held = idleLeases(scene);
  if (held.length * 2 <= scene.leases.length) return undefined;
  const limit = formatDuration(heldIdleLimitMs(scene));
  return {
    likely: `connections are held, not used: ${shareOf(held, scene)} ran no query for over ${limit}`,
    fix: `release before slow work that needs no database, beginning at ${placeOf(scene.holders[0])}`,
  };
}

/** The pool was full for most of the wait, and is not any more. */
function freedLate({ counts }: Scene): Diagnosis | undefined {
  if (counts.used + counts.closing >= counts.max) return undefined;
  return {
    likely: `connections came free too late: ${counts.used} of ${counts.max} are used now, and others waited in front`,
    fix: 'see the leak reports and slow queries of the last seconds; the pool is recovering',
  };
}

function loaded({ counts, leases }: Scene): Diagnosis {
  const active = leases.filter((lease) => lease.queryRunning).length;
  const fix = 'look at the slowest queries first; raise size only when they are as fast as they can be';
  if (active === 0)
    return { likely: 'load: connections change hands quickly, and more callers come than they serve', fix };
  return { likely: `load or slow queries: ${active} of ${counts.used} are running a query`, fix };
}

function idleLeases(scene: Scene): LeaseView[] {
  const limitMs = heldIdleLimitMs(scene);
  return scene.leases.filter((lease) => (lease.idleMs ?? 0) >= limitMs);
}

function heldIdleLimitMs({ waitedMs }: Scene): number {
  return Math.min(HELD_IDLE_MS, waitedMs / 2);
}

function shareOf(leases: readonly LeaseView[], { counts }: Scene): string {
  return `${leases.length} of ${counts.used}`;
}

/** The place to mend first. */
function mostSuspected({ holders }: Scene): HolderView | undefined {
  return holders.reduce<HolderView | undefined>(
    (most, each) => (each.suspected > (most?.suspected ?? 0) ? each : most),
    undefined,
  );
}

function placeOf(holder: HolderView | undefined): string {
  return holder === undefined ? 'the code' : (holder.label ?? formatCallSite(holder.site));
}
