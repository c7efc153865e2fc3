/** All that an alert may be about; `docs/alerts.md` has a paragraph for each. The most urgent first. */
export const ALERT_RULE_IDS = [
  'saturated',
  'acquire-timeouts',
  'connect-failures',
  'usage-high',
  'wait-high',
  'leaks',
  'orphans',
] as const;

export type AlertRuleId = (typeof ALERT_RULE_IDS)[number];

/** When an alert begins and when it is over. What a rule counts is said in `docs/alerts.md`. */
export interface AlertLimits {
  /** It begins when the rule's value is above this one: a share from 0 to 1, or a count. */
  readonly above: number;
  /**
   * It is over when the value is not above this one: below `above`, so that a value at the edge does not make an alert each time.
   * @default 0.9 × `above`
   */
  readonly resolveAt: number;
  /** Milliseconds for which the value must be above, at each look. */
  readonly forMs: number;
  /**
   * Milliseconds for which it must be at or below `resolveAt`, at each look.
   * @default 60000 — a peak that comes each minute is one alert, not many.
   */
  readonly resolveAfterMs: number;
  /** Milliseconds of the past in which is counted what happened; of no meaning for rules that look at the moment. */
  readonly windowMs: number;
}

/** What may be set of a rule; `false` switches it off. */
export type AlertRuleOptions = Partial<AlertLimits> | false;

/** The share of `above` at which an alert is over, unless said otherwise. */
const RESOLVE_SHARE = 0.9;

/** A rule's own defaults, with the ones that are the same for all. */
export function limitsOf(
  chosen: Pick<AlertLimits, 'above' | 'forMs'> & Partial<AlertLimits>,
): Readonly<AlertLimits> {
  const { above, forMs, windowMs = 60_000, resolveAfterMs = 60_000 } = chosen;
  return Object.freeze({
    above,
    forMs,
    windowMs,
    resolveAfterMs,
    resolveAt: chosen.resolveAt ?? above * RESOLVE_SHARE,
  });
}

/** Other ones in place of a rule's own. Another `above` moves `resolveAt` along, unless that is named as well. */
export function changeLimits(
  own: Readonly<AlertLimits>,
  chosen: Partial<AlertLimits> = {},
): Readonly<AlertLimits> {
  const { above = own.above, forMs = own.forMs, windowMs = own.windowMs } = chosen;
  const { resolveAfterMs = own.resolveAfterMs } = chosen;
  const moved = above === own.above ? own.resolveAt : above * RESOLVE_SHARE;
  const resolveAt = Math.min(above, chosen.resolveAt ?? moved);
  return Object.freeze({ above, forMs, windowMs, resolveAfterMs, resolveAt });
}
