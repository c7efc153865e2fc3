import type { Clock, Timer, TimerOptions } from './clock.ts';
import { LinkedList } from './linked-list.ts';
import type { Linked } from './linked-list.ts';

/** Width of one slot. A deadline fires at most this late; far below the 20 ms that invariant 3 allows. */
const TICK_MS = 5;
/** 512 slots of 5 ms: one turn is 2.5 s, so a 30 s deadline is passed over a dozen times and memory stays small. */
const SLOTS = 512;
/** A clock timer later than this says that the event loop was blocked. */
const STALL_MS = 50;

/** So long may callbacks take before the event loop gets a turn. What they set off (a rejected promise) comes on top. */
const SLICE_MS = 5;
/** Reading the clock costs about as much as a callback. */
const LOOK_EVERY = 32;

/** One deadline on a {@link TimerWheel}. */
export class WheelTimer implements Linked<WheelTimer> {
  prev: WheelTimer | undefined;
  next: WheelTimer | undefined;
  list: LinkedList<WheelTimer> | undefined;
  readonly tick: number;
  readonly onDue: (subject: unknown) => void;
  /** What `onDue` is called with: so thousands of deadlines need no function each. */
  readonly subject: unknown;

  constructor(tick: number, onDue: (subject: unknown) => void, subject: unknown) {
    this.tick = tick;
    this.onDue = onDue;
    this.subject = subject;
  }
}

/** What a wheel is made with. */
export interface TimerWheelOptions extends TimerOptions {
  /** Told how late the event loop was, in milliseconds, each time a timer fired more than 50 ms late. */
  readonly onStall?: (lateMs: number) => void;
}

/**
 * Many deadlines on one timer of the clock: adding and removing cost a few nanoseconds and allocate nothing beyond the
 * {@link WheelTimer} itself (hashed timing wheel, scheme 6 of Varghese & Lauck, 1987).
 *
 * It is also the one place where invariant 11 is kept: a wheel lets the loop deliver what has arrived, and only then fires
 * what is due.
 */
export class TimerWheel {
  readonly #clock: Clock;
  readonly #options: TimerWheelOptions;
  readonly #slots = Array.from({ length: SLOTS }, () => new LinkedList<WheelTimer>());
  #size = 0;
  /** All that was due up to this tick has fired. */
  #doneTick: number;
  /** What is due and has not fired yet: too much for one turn. */
  readonly #due = new LinkedList<WheelTimer>();
  #armed: { readonly tick: number; readonly timer: Timer } | undefined;

  constructor(clock: Clock, options: TimerWheelOptions = {}) {
    this.#clock = clock;
    this.#options = options;
    this.#doneTick = Math.floor(clock.now() / TICK_MS);
  }

  /** How many deadlines are waiting. */
  get size(): number {
    return this.#size;
  }

  /** Calls `onDue` with `subject` once the instant `dueAt` has passed; never before, and never from inside this call. */
  add(dueAt: number, onDue: () => void): WheelTimer;
  add<T>(dueAt: number, onDue: (subject: T) => void, subject: T): WheelTimer;
  add(dueAt: number, onDue: (subject: never) => void, subject?: unknown): WheelTimer {
    // Rounded up, so that nothing fires early.
    const timer = new WheelTimer(
      Math.max(Math.ceil(dueAt / TICK_MS), this.#doneTick + 1),
      onDue as (subject: unknown) => void,
      subject,
    );
    this.#slot(timer.tick).append(timer);
    this.#size += 1;
    if (this.#armed === undefined || timer.tick < this.#armed.tick) this.#arm(timer.tick);
    return timer;
  }

  /** Forgets a deadline. Does nothing when it has fired or was removed. */
  remove(timer: WheelTimer): void {
    if (timer.list?.remove(timer) !== true) return;
    this.#size -= 1;
    if (this.#size === 0) this.#disarm();
  }

  #slot(tick: number): LinkedList<WheelTimer> {
    return this.#slots[tick % SLOTS] as LinkedList<WheelTimer>;
  }

  #arm(tick: number): void {
    this.#disarm();
    const now = this.#clock.now();
    const dueAt = Math.max(now, tick * TICK_MS);
    const timer = this.#clock.setTimer(dueAt - now, () => this.#onTimer(dueAt), this.#options);
    this.#armed = { tick, timer };
  }

  #disarm(): void {
    this.#armed?.timer.cancel();
    this.#armed = undefined;
  }

  #onTimer(dueAt: number): void {
    this.#armed = undefined;
    const now = this.#clock.now();
    const lateMs = now - dueAt;
    if (lateMs > STALL_MS) {
      this.#clock.loop.blocked(dueAt, now);
      this.#options.onStall?.(lateMs);
    }
    // Not only when it is late: a deadline at the very end of a stall is on time, and what is to keep it has long arrived.
    this.#clock.afterPendingIo(() => this.#fireDue());
  }

  #fireDue(): void {
    const nowTick = Math.floor(this.#clock.now() / TICK_MS);
    const fromTick = Math.max(this.#doneTick + 1, nowTick - SLOTS + 1);
    this.#doneTick = Math.max(this.#doneTick, nowTick);
    const isFiring = this.#due.length > 0;
    // Moved out first: a callback may add to and remove from the slot that is being fired.
    for (let tick = fromTick; tick <= nowTick; tick += 1) {
      const slot = this.#slot(tick);
      for (const timer of slot) {
        if (timer.tick > nowTick) continue; // It belongs to a later turn of the wheel.
        slot.remove(timer);
        this.#due.append(timer);
      }
    }
    // Else the next slice comes by itself.
    if (!isFiring) this.#fireSlice();
    else this.#armNext();
  }

  /** Thousands of callers may have the same deadline. Between slices the loop delivers what has come, also to those who wait. */
  #fireSlice(): void {
    const failures: unknown[] = [];
    const until = this.#clock.now() + SLICE_MS;
    let fired = 0;
    for (let timer = this.#due.shift(); timer; timer = this.#due.shift()) {
      this.#size -= 1;
      try {
        timer.onDue(timer.subject);
      } catch (error) {
        failures.push(error);
      }
      fired += 1;
      if (fired % LOOK_EVERY === 0 && this.#clock.now() >= until) break;
    }
    if (this.#due.length > 0) this.#clock.afterPendingIo(() => this.#fireSlice());
    this.#armNext();
    // Somebody's bug, and it shows as one; but the other deadlines have been kept.
    if (failures.length > 0) throw failures[0] as Error;
  }

  #armNext(): void {
    // What was added while this one was late has armed it again, and may be gone by now.
    if (this.#size === this.#due.length) return this.#disarm();
    for (let tick = this.#doneTick + 1; tick <= this.#doneTick + SLOTS; tick += 1) {
      if (this.#slot(tick).length === 0) continue;
      // A callback may have armed a later one.
      if (this.#armed === undefined || tick < this.#armed.tick) this.#arm(tick);
      return;
    }
  }
}
