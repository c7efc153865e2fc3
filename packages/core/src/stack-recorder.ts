import { BoundedMap } from './bounded-map.ts';
import { readStack } from './call-site.ts';
import type { StackTrace } from './call-site.ts';
import type { Clock } from './clock.ts';

/** When the stack of an acquire is recorded. */
export type StackMode = 'budget' | 'always' | 'off';

/** How long, and by how much, the budget is raised after a suspicion, so that the next leak is most likely named. */
const ALERT_MS = 60_000;
const ALERT_FACTOR = 5;
/** Unspent budget is kept for this long, so that a burst after a quiet time is covered. */
const BURST_MS = 1_000;

/**
 * One capture is charged no less: where thousands are taken in a row each seems to cost 2 µs, but it is also collected later,
 * and cools the caches of whatever runs next. (On a real `select 1` it costs four times as much as in a loop.)
 */
const MIN_COST_MS = 0.008;
/** One capture is charged no more: what looks longer was another process's turn on the processor. */
const MAX_COST_MS = 1;

/** How a {@link StackRecorder} behaves. */
export interface StackRecorderOptions {
  /** @default 'budget' */
  readonly mode?: StackMode;
  /**
   * The share of one core that recording may cost: as it measures it itself, but 8 µs a stack at least.
   * @default 0.01 — in place a stack costs about 7 µs; one percent covers every lease below 1,000 acquires a second.
   */
  readonly budgetShare?: number;
  /**
   * Frames kept.
   * @default 24 — between an `await` of Kysely and the driver lie up to a dozen frames that are not the application's.
   */
  readonly depth?: number;
}

/**
 * Records where an acquire was called, for at most a fixed share of the processor. What it returns is an `Error` that
 * nobody has read yet: V8 formats a stack on first reading, which costs several times as much as taking it. Read it (by
 * {@link readRecordedStack}) before keeping it for long: unread, it holds on to the functions it names.
 */
export class StackRecorder {
  readonly #clock: Clock;
  readonly #mode: StackMode;
  readonly #share: number;
  readonly #depth: number;
  #creditMs: number;
  #creditAt: number;
  #alertUntil = -Infinity;
  #missed = 0;

  constructor(clock: Clock, options: StackRecorderOptions = {}) {
    this.#clock = clock;
    this.#mode = options.mode ?? 'budget';
    this.#share = options.budgetShare ?? 0.01;
    this.#depth = options.depth ?? 24;
    this.#creditMs = this.#share * BURST_MS;
    this.#creditAt = clock.coarseNow();
  }

  /** How many acquires went unrecorded because the budget was spent. */
  get missed(): number {
    return this.#missed;
  }

  /**
   * The stack of the caller, or `undefined` when recording is off or the budget is spent. `known`: that stack, where somebody
   * has taken it already, which costs nothing.
   */
  record(known?: Error): Error | undefined {
    if (this.#mode === 'off') return undefined;
    if (known !== undefined) return known;
    return this.#mode === 'always' ? takeStack(this.#depth) : this.#recordWithinBudget();
  }

  /** Whether there is enough budget left to read a stack as well: recording the next ones comes first. */
  mayRead(): boolean {
    if (this.#mode !== 'budget') return this.#mode === 'always';
    return this.#creditMs > (this.#share * BURST_MS) / 2;
  }

  /** Does something that is to be paid from the budget. */
  meter<T>(work: () => T): T {
    const startedAt = this.#clock.now();
    const result = work();
    this.#creditMs -= Math.min(this.#clock.now() - startedAt, MAX_COST_MS);
    return result;
  }

  /** Something was suspected: for a minute, spend five times the budget. */
  alert(): void {
    this.#alertUntil = this.#clock.coarseNow() + ALERT_MS;
  }

  get #shareNow(): number {
    return this.#creditAt < this.#alertUntil ? this.#share * ALERT_FACTOR : this.#share;
  }

  #recordWithinBudget(): Error | undefined {
    const coarse = this.#clock.coarseNow();
    if (coarse !== this.#creditAt) {
      const share = this.#shareNow;
      this.#creditMs = Math.min(share * BURST_MS, this.#creditMs + (coarse - this.#creditAt) * share);
      this.#creditAt = coarse;
    }
    if (this.#creditMs <= 0) {
      this.#missed += 1;
      return undefined;
    }
    // As `meter` does, without its closure: this is on the way of every acquire.
    const startedAt = this.#clock.now();
    const stack = takeStack(this.#depth);
    this.#creditMs -= clamp(this.#clock.now() - startedAt);
    return stack;
  }
}

function clamp(costMs: number): number {
  return Math.min(Math.max(costMs, MIN_COST_MS), MAX_COST_MS);
}

/** The stack of the caller now, unread. */
export function takeStack(depth: number): Error {
  const former = Error.stackTraceLimit;
  // Frozen realms forbid the assignment; their own limit applies then.
  if (!Object.isFrozen(Error)) Error.stackTraceLimit = depth;
  const error = new Error('acquired here');
  if (!Object.isFrozen(Error)) Error.stackTraceLimit = former;
  return error;
}

/** Makes an error that takes no stack, which costs a tenth. */
export function withoutStack<E extends Error>(make: () => E): E {
  const former = Error.stackTraceLimit;
  if (!Object.isFrozen(Error)) Error.stackTraceLimit = 0;
  const error = make();
  if (!Object.isFrozen(Error)) Error.stackTraceLimit = former;
  return error;
}

/** The stack as text. An application may have set `Error.prepareStackTrace`, which returns anything, or throws. */
export function stackText(error: { readonly stack?: string }): string {
  try {
    return String(error.stack);
  } catch {
    return '';
  }
}

/** Stacks that were read lately. Most acquires come by few ways, and a hundred thousand leases must not have copies. */
const read = new BoundedMap<string, StackTrace>(1_000);

/** Formats and reads a recorded stack. With `--enable-source-maps` Node has mapped its lines to the sources. */
export function readRecordedStack(error: Error): StackTrace {
  const text = stackText(error);
  const known = read.get(text);
  if (known !== undefined) return known;
  const trace = readStack(text);
  read.set(text, trace);
  return trace;
}
