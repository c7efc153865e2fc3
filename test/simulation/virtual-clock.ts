import type { Clock, Timer, TimerOptions } from '@lifeguard/core';
import type { LoopHealth } from '@lifeguard/core';
import type { Core } from './core.ts';

/** `timer`: the event loop runs it, late when it was blocked. `io`: an answer that comes in. */
type Phase = 'timer' | 'io';

interface Due {
  readonly at: number;
  readonly order: number;
  readonly phase: Phase;
  readonly keepAlive: boolean;
  readonly run: () => void;
}

/**
 * A clock that moves when it is told to. Unlike `ManualClock` it knows answers apart from timers, so that a blocked event
 * loop can be played as it is (timers first, then what has arrived), and it hands out what is due one by one.
 */
export class VirtualClock implements Clock {
  readonly loop: LoopHealth;
  #now = 1_000;
  #wallOffset = Date.UTC(2026, 0, 1);
  #order = 0;
  /** The next one last. */
  readonly #due: Due[] = [];
  #afterIo: (() => void)[] = [];
  #turnEnd: (() => void)[] = [];
  #keepAlive = 0;

  constructor(core: Core) {
    this.loop = new core.LoopHealth();
  }

  now(): number {
    return this.#now;
  }

  coarseNow(): number {
    return this.#now;
  }

  wallTime(): number {
    return this.#wallOffset + this.#now;
  }

  setTimer(delayMs: number, callback: () => void, options?: TimerOptions): Timer {
    return this.#add('timer', delayMs, callback, options?.keepAlive === true);
  }

  afterPendingIo(callback: () => void): void {
    this.#afterIo.push(callback);
  }

  atTurnEnd(callback: () => void): void {
    this.#turnEnd.push(callback);
  }

  /** An answer arrives after this time. */
  arriveIn(delayMs: number, callback: () => void): Timer {
    return this.#add('io', delayMs, callback, false);
  }

  get pending(): number {
    return this.#due.length;
  }

  get keepAliveTimers(): number {
    return this.#keepAlive;
  }

  /** When the next thing is due; `Infinity` when nothing is. */
  get nextAt(): number {
    return this.#due.at(-1)?.at ?? Infinity;
  }

  /** Takes the next thing that is due by `until`, and moves time to it. */
  take(until: number, phase?: Phase): (() => void) | undefined {
    const index = this.#due.findLastIndex((each) => phase === undefined || each.phase === phase);
    const next = this.#due[index];
    if (next === undefined || next.at > until) return undefined;
    this.#remove(next);
    this.#now = Math.max(this.#now, next.at);
    return next.run;
  }

  /** What asked for a turn after the input that has arrived. */
  takeAfterIo(): (() => void)[] {
    const callbacks = this.#afterIo;
    this.#afterIo = [];
    return callbacks;
  }

  /** What asked for the end of this turn. */
  takeTurnEnd(): (() => void)[] {
    const callbacks = this.#turnEnd;
    this.#turnEnd = [];
    return callbacks;
  }

  /** Moves time forward; nothing fires. */
  moveTo(at: number): void {
    this.#now = Math.max(this.#now, at);
  }

  /** The machine sleeps: the wall clock goes on alone. */
  sleep(ms: number): void {
    this.loop.observe(this.wallTime(), this.#now);
    this.#wallOffset += ms;
    this.loop.observe(this.wallTime(), this.#now);
  }

  #add(phase: Phase, delayMs: number, run: () => void, keepAlive: boolean): Timer {
    const due: Due = {
      at: this.#now + Math.max(0, delayMs),
      order: (this.#order += 1),
      phase,
      keepAlive,
      run,
    };
    let index = this.#due.length;
    while (index > 0 && (this.#due[index - 1] as Due).at <= due.at) index -= 1;
    this.#due.splice(index, 0, due);
    if (keepAlive) this.#keepAlive += 1;
    return { cancel: () => this.#remove(due) };
  }

  #remove(due: Due): void {
    const index = this.#due.lastIndexOf(due);
    if (index < 0) return;
    this.#due.splice(index, 1);
    if (due.keepAlive) this.#keepAlive -= 1;
  }
}
