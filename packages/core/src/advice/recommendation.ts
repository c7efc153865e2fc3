/** All that rules may find; `docs/diagnostics.md` has a paragraph for each. */
export const RULE_IDS = [
  'connects-failing',
  'saturated',
  'leaking-site',
  'self-deadlock',
  'wait-near-timeout',
  'loop-blocked',
  'lock-waits',
  'idle-in-transaction',
  'slow-site',
  'pool-too-small',
  'fleet-over-commit',
  'overflow-in-use',
  'stale-connections',
  'orphaned-backends',
  'lifetime-too-short',
  'pools-share-server',
  'pool-too-large',
] as const;

export type RuleId = (typeof RULE_IDS)[number];

/** `critical`: callers fail now. `warning`: they will, or wait without need. `info`: it could be better. */
export type Severity = 'info' | 'warning' | 'critical';

/** One piece of advice: what was seen, what to change, and what may go wrong when it is changed. */
export interface Recommendation {
  readonly rule: RuleId;
  readonly severity: Severity;
  /** One sentence, with numbers. */
  readonly summary: string;
  /** What it was concluded from, one observation each. */
  readonly evidence: readonly string[];
  /** What to do. */
  readonly change: string;
  /** What that may cost. */
  readonly risk: string;
}
