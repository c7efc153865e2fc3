import type { AcquireQueue, QueueLine } from './acquire-queue.ts';
import type { Clock } from './clock.ts';
import type { ConnectionOpener } from './connection-opener.ts';
import type { Scene } from './diagnosis.ts';
import type { OverloadedError, ShedReason } from './errors.ts';
import { acquireTimeoutError, connectTooSlowError, overloadedError, queueFullError } from './exhaustion.ts';
import type { Caller } from './exhaustion.ts';
import type { Lease } from './lease.ts';
import type { LeaseOrigin } from './lease-record.ts';
import type { PoolEntries } from './pool-entries.ts';
import type { PoolJournal } from './pool-journal.ts';
import type { FixedPoolOptions, PoolCapacity } from './pool-capacity.ts';
import type { PoolView } from './pool-view.ts';
import type { Waiter } from './waiter.ts';

/** What is known of the holders is put together once for all who are shed within this time, in milliseconds. */
const SHED_TOGETHER_MS = 50;
/** So many of those who are turned away within a second have their stacks read. */
const DESCRIBED_PER_SECOND = 100;

/** What {@link Refusals} are made from. */
export interface RefusalParts<C> {
  readonly options: FixedPoolOptions;
  readonly capacity: PoolCapacity;
  readonly clock: Clock;
  readonly entries: PoolEntries<C>;
  readonly queue: AcquireQueue<Lease<C>>;
  readonly journal: PoolJournal<C>;
  readonly opener: ConnectionOpener<C>;
  readonly view: PoolView<C>;
  readonly isSuspended: () => boolean;
}

/** Says to those who get no connection why that is so. It turns nobody away itself. */
export class Refusals<C> {
  readonly #parts: RefusalParts<C>;
  #described = { since: -Infinity, count: 0 };
  #lastScene: { readonly at: number; readonly used: number; readonly scene: Scene } | undefined;

  constructor(parts: RefusalParts<C>) {
    this.#parts = parts;
  }

  /** The four failures are different errors: who holds; why no connection can be opened; why it takes so long; queue full. */
  timeout({ origin, enqueuedAt, timeoutMs }: Waiter<Lease<C>>): Error {
    const { entries, capacity, opener, view } = this.#parts;
    if (entries.leased + entries.count('closing') < capacity.max) {
      if (opener.isFailing) return opener.error(view.counts());
      // One that was under way for most of the wait is what the caller waited for.
      if (opener.connectingSince <= enqueuedAt + timeoutMs / 2)
        return connectTooSlowError(view.counts(), timeoutMs);
    }
    return acquireTimeoutError(this.#scene(timeoutMs), this.#caller(origin));
  }

  queueFull(origin: LeaseOrigin): Error {
    const { view, options } = this.#parts;
    return queueFullError(this.#scene(view.counts().oldestWaitMs), this.#caller(origin), options.maxWaiting);
  }

  /** Turned away before its time. */
  shed(
    line: QueueLine<Lease<C>>,
    origin: LeaseOrigin,
    reason: ShedReason,
    waitedMs: number,
  ): OverloadedError {
    const { options, queue } = this.#parts;
    const { arrivalsPerSecond, servedPerSecond } = queue.load;
    return overloadedError(this.#scene(options.overloadAfterMs, SHED_TOGETHER_MS), this.#caller(origin), {
      reason,
      waitedMs,
      arrivalsPerSecond,
      servedPerSecond,
      expectedWaitMs: servedPerSecond === 0 ? undefined : (1_000 * queue.waitingUpTo(line)) / servedPerSecond,
      retryAfterMs: options.overloadAfterMs,
    });
  }

  /** The same for all who are turned away in the same moment, or within `maxAgeMs`: there may be thousands of them. */
  #scene(waitedMs: number, maxAgeMs = 0): Scene {
    const { clock, entries, journal, view } = this.#parts;
    const now = clock.coarseNow();
    const last = this.#lastScene;
    const isFresh = last !== undefined && now - last.at <= maxAgeMs && last.used === entries.leased;
    const suspended = this.#parts.isSuspended();
    if (isFresh && last.scene.waitedMs === waitedMs && last.scene.suspended === suspended) return last.scene;
    const { at, lateMs } = journal.lastStall;
    const stalledMs = clock.now() - at <= waitedMs ? lateMs : 0;
    const scene = { ...view.holding(), counts: view.counts(), waitedMs, stalledMs, suspended };
    this.#lastScene = { at: now, used: entries.leased, scene };
    return scene;
  }

  #caller(origin: LeaseOrigin): Caller {
    const now = this.#parts.clock.coarseNow();
    if (now - this.#described.since >= 1_000) this.#described = { since: now, count: 0 };
    this.#described.count += 1;
    return { origin, isDescribed: this.#described.count <= DESCRIBED_PER_SECOND };
  }
}
