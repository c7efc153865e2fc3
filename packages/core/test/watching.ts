import type { HandleWatch } from '../src/handle-watch.ts';
import type { LeakReport, ReturnedLate } from '../src/leak-report.ts';
import type { LeaseRecord } from '../src/lease-record.ts';
import { LeaseTracker } from '../src/lease-tracker.ts';
import type { OriginOptions } from '../src/lease-tracker.ts';
import type { PoolOptions } from '../src/pool-options.ts';
import { resolvePoolOptions } from '../src/resolve-pool-options.ts';
import { ManualClock } from '../src/testing/index.ts';

/** Garbage collection at will. */
class ManualHandles implements HandleWatch {
  readonly watched: LeaseRecord[] = [];
  watch(_handle: object, record: LeaseRecord): void {
    this.watched.push(record);
  }
  collect(record: LeaseRecord): void {
    record.find().collected = true;
  }
}

interface Watching {
  readonly clock: ManualClock;
  readonly tracker: LeaseTracker;
  readonly reports: LeakReport[];
  readonly retractions: ReturnedLate[];
  readonly handles: ManualHandles;
  open(origin?: OriginOptions): LeaseRecord;
  release(record: LeaseRecord): boolean;
}

/** A tracker on a clock that stands still, and what it told. */
export function watching(
  options: Omit<PoolOptions, 'clock'> = {},
  clock: ManualClock = new ManualClock(),
): Watching {
  const reports: LeakReport[] = [];
  const retractions: ReturnedLate[] = [];
  const handles = new ManualHandles();
  const tracker = new LeaseTracker({
    ...resolvePoolOptions({ clock, ...options }),
    handles,
    onLeak: (report) => reports.push(report),
    onReturnedLate: (retraction) => retractions.push(retraction),
  });
  const open = (origin: OriginOptions = {}): LeaseRecord =>
    tracker.open({ revoke: () => false }, tracker.origin(origin));
  const release = (record: LeaseRecord): boolean => tracker.close(record, { kind: 'released' });
  return { clock, tracker, reports, retractions, handles, open, release };
}
