import type { Alert } from './alert.ts';
import type { AlertLimits } from './alert-limits.ts';
import type { AlertRule, Measurement } from './alert-rule.ts';
import { OK, nextState } from './alert-state.ts';
import type { AlertState, Look } from './alert-state.ts';

/** What the receivers were told last, and so take for true. */
type Told = { readonly status: 'nothing' } | { readonly status: 'firing' | 'resolved'; readonly at: number };

/** How often the same is told. Milliseconds. */
export interface TellingLimits {
  readonly quietMs: number;
  readonly remindMs: number;
}

/** A rule without what it looks at. */
export type AnyRule = Omit<AlertRule<never>, 'measure'>;

const NOTHING: Told = Object.freeze({ status: 'nothing' });

/**
 * One rule of one pool: what is so, and what has been told of it. Told are in turns that it fires and that it is over, since
 * what changes back before it may be told is left out; so receivers are never told of an end without a beginning.
 */
export class AlertEntry {
  readonly rule: AnyRule;
  readonly limits: AlertLimits;
  /** As it is shown; `undefined` for the whole process. */
  readonly pool: string | undefined;
  #state: AlertState = OK;
  #told: Told = NOTHING;
  #measurement: Measurement | undefined;

  constructor(rule: AnyRule, limits: AlertLimits, pool: string | undefined) {
    this.rule = rule;
    this.limits = limits;
    this.pool = pool;
  }

  get id(): string {
    return this.pool === undefined ? this.rule.id : `${this.rule.id}/${this.pool}`;
  }

  get state(): AlertState {
    return this.#state;
  }

  /** What was found at the last look. There is one in every state but `ok`. */
  get measurement(): Measurement {
    return this.#measurement as Measurement;
  }

  /** Whether receivers believe that it fires. */
  get isToldFiring(): boolean {
    return this.#told.status === 'firing';
  }

  look(look: Look, measurement: Measurement): void {
    this.#measurement = measurement;
    this.#state = nextState(this.#state, look, this.limits);
  }

  /** There is nothing left to look at. */
  end(at: number, measurement: Measurement): void {
    const state = this.#state;
    if (state.phase === 'firing') {
      this.#measurement = measurement;
      this.#state = { phase: 'resolved', since: state.since, resolvedAt: at };
    } else if (state.phase === 'pending') this.#state = state.before;
  }

  /** What should be told of it now; `undefined`: nothing. */
  due(now: number, { quietMs, remindMs }: TellingLimits): Alert['status'] | undefined {
    const told = this.#told;
    const toldAgoMs = told.status === 'nothing' ? Infinity : now - told.at;
    const isFiring = this.#state.phase === 'firing';
    if (isFiring && told.status === 'firing') return toldAgoMs >= remindMs ? 'reminder' : undefined;
    const isNews = isFiring || (this.#state.phase === 'resolved' && told.status === 'firing');
    if (!isNews || toldAgoMs < quietMs) return undefined;
    return isFiring ? 'firing' : 'resolved';
  }

  /** It has been told, by itself or among others. */
  tell(status: Alert['status'], now: number): void {
    this.#told = { status: status === 'resolved' ? 'resolved' : 'firing', at: now };
  }
}
