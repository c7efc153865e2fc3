import type { LivePool, PoolGlance, PoolSnapshot } from '@lifeguard/core';
import { AlertEntry } from './alert-entry.ts';
import type { AlertLimits } from './alert-limits.ts';
import { levelOf } from './alert-rule.ts';
import type { AlertRule } from './alert-rule.ts';
import type { Look } from './alert-state.ts';
import { ObservationWindow } from './observation-window.ts';

/** A rule, and the limits that are in force. */
export interface ActiveRule<Subject = ObservationWindow> {
  readonly rule: AlertRule<Subject>;
  readonly limits: AlertLimits;
}

/** A moment to look, before it is known what is seen. */
export type Moment = Omit<Look, 'level'>;

/** What is watched of one pool. It does not refer to the pool, which may be dropped without being closed. */
export class PoolWatch {
  /** As it is shown. */
  readonly name: string;
  readonly #rules: readonly ActiveRule[];
  readonly #entries: readonly AlertEntry[];
  readonly #window: ObservationWindow;
  #isNew = true;

  constructor(name: string, rules: readonly ActiveRule[]) {
    this.name = name;
    this.#rules = rules;
    this.#entries = rules.map(({ rule, limits }) => new AlertEntry(rule, limits, name));
    this.#window = new ObservationWindow(Math.max(0, ...rules.map(({ limits }) => limits.windowMs)));
  }

  get entries(): readonly AlertEntry[] {
    return this.#entries;
  }

  /** Looks at the pool by all rules. */
  look(glance: PoolGlance, moment: Moment): void {
    const isAfterGap = moment.isAfterGap || this.#isNew;
    if (isAfterGap) this.#window.clear();
    this.#isNew = false;
    this.#window.add({ at: moment.at, glance });
    for (const [index, { rule, limits }] of this.#rules.entries()) {
      const measurement = rule.measure(this.#window, limits);
      const level = levelOf(measurement, limits);
      this.#entries[index]?.look({ ...moment, isAfterGap, level }, measurement);
    }
  }

  /** The pool is closed, or nobody has it any more. */
  end(at: number): void {
    this.#isNew = true;
    for (const entry of this.#entries)
      entry.end(at, {
        value: 0,
        summary: `pool "${this.name}" is not there any more`,
        evidence: ['it is closed, or watched no longer'],
      });
  }
}

/** What a pool is like now; one of another copy of the core is looked at as a whole. */
export function glanceAt(pool: LivePool): PoolGlance {
  return pool.glance?.() ?? glanceOf(pool.snapshot());
}

function glanceOf(snapshot: PoolSnapshot): PoolGlance {
  const { options, leases } = snapshot;
  return {
    ...snapshot,
    at: NaN,
    acquireTimeoutMs: options.acquireTimeoutMs ?? Infinity,
    suspected: leases.filter(({ suspected }) => suspected).length,
    // By how much its histogram has grown is not told: nothing is said of its waits.
    waits: { buckets: new Float64Array(0), count: 0 },
  };
}
