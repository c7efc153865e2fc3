import type { Clock, Timer } from '../clock.ts';
import { LoopHealth } from '../loop-health.ts';

interface ManualTimer {
  readonly dueAt: number;
  readonly order: number;
  readonly callback: () => void;
  readonly keepAlive: boolean;
}

/**
 * A clock that stands still until it is moved. Timers fire in the order of their instants, each at its own time, and
 * {@link ManualClock.advance} lets promises settle in between, so that a test reads like the history it tells.
 */
export class ManualClock implements Clock {
  readonly loop: LoopHealth = new LoopHealth();
  #now: number;
  #wallTime = Date.UTC(2026, 0, 1);
  #order = 0;
  readonly #timers = new Set<ManualTimer>();
  #afterIo: (() => void)[] = [];
  #atTurnEnd: (() => void)[] = [];

  constructor(startAt = 1_000_000) {
    this.#now = startAt;
  }

  now(): number {
    return this.#now;
  }

  coarseNow(): number {
    return this.#now;
  }

  wallTime(): number {
    return this.#wallTime + this.#now;
  }

  setTimer(delayMs: number, callback: () => void, options?: { readonly keepAlive?: boolean }): Timer {
    const keepAlive = options?.keepAlive ?? false;
    const timer: ManualTimer = {
      dueAt: this.#now + Math.max(0, delayMs),
      order: this.#order++,
      callback,
      keepAlive,
    };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  afterPendingIo(callback: () => void): void {
    this.#afterIo.push(callback);
  }

  /** A turn ends with the promise reactions that are due, and at the latest when time moves. */
  atTurnEnd(callback: () => void): void {
    this.#atTurnEnd.push(callback);
    queueMicrotask(() => this.#endTurn());
  }

  /** How many timers are set. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** How many of them keep the process alive. */
  get keepAliveTimers(): number {
    return [...this.#timers].filter((timer) => timer.keepAlive).length;
  }

  /** Moves time forward, firing what comes due on the way, each at its instant. */
  async advance(ms: number): Promise<void> {
    const target = this.#now + ms;
    this.#endTurn();
    await settle();
    await this.#deliverIo();
    for (let timer = this.#nextUntil(target); timer !== undefined; timer = this.#nextUntil(target)) {
      this.#now = Math.max(this.#now, timer.dueAt);
      this.#fire(timer);
      await settle();
      await this.#deliverIo();
    }
    this.#now = target;
    await settle();
    await this.#deliverIo();
  }

  /**
   * Moves time forward as a blocked event loop does: nothing runs meanwhile, then `arrived` (answers that came in) waits
   * in the sockets while every due timer fires late, and is delivered before what asked for pending input.
   */
  async stall(ms: number, arrived: () => void = () => undefined): Promise<void> {
    this.#endTurn();
    this.loop.blocked(this.#now, this.#now + ms);
    this.#now += ms;
    for (let timer = this.#nextUntil(this.#now); timer !== undefined; timer = this.#nextUntil(this.#now))
      this.#fire(timer);
    await settle();
    arrived();
    await settle();
    await this.#deliverIo();
  }

  /** A machine that sleeps: the wall clock goes on, the monotonic one does not, and nothing fires. */
  suspend(ms: number): void {
    this.loop.observe(this.wallTime(), this.#now);
    this.#wallTime += ms;
    this.loop.observe(this.wallTime(), this.#now);
  }

  #nextUntil(target: number): ManualTimer | undefined {
    let next: ManualTimer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueAt > target) continue;
      if (
        next === undefined ||
        timer.dueAt < next.dueAt ||
        (timer.dueAt === next.dueAt && timer.order < next.order)
      )
        next = timer;
    }
    return next;
  }

  #fire(timer: ManualTimer): void {
    this.#timers.delete(timer);
    timer.callback();
  }

  #endTurn(): void {
    const callbacks = this.#atTurnEnd;
    this.#atTurnEnd = [];
    for (const callback of callbacks) callback();
  }

  async #deliverIo(): Promise<void> {
    // One of them may ask for a further turn.
    while (this.#afterIo.length > 0) {
      const callbacks = this.#afterIo;
      this.#afterIo = [];
      for (const callback of callbacks) callback();
      await settle();
    }
  }
}

/** Lets promise reactions run that are due now, and those that they set off. */
export async function settle(): Promise<void> {
  // Deep enough for the longest chain in the core (connect → granted → released → reset), with room to spare.
  for (let turn = 0; turn < 24; turn += 1) await Promise.resolve();
}
