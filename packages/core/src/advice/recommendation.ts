/** What a rule found; see `docs/diagnostics.md` for each. */
export type RuleId =
  | 'pool-too-small'
  | 'pool-too-large'
  | 'overflow-in-use'
  | 'slow-site'
  | 'idle-in-transaction'
  | 'leaking-site'
  | 'wait-near-timeout'
  | 'connects-failing'
  | 'stale-connections'
  | 'lifetime-too-short'
  | 'self-deadlock'
  | 'saturated'
  | 'loop-blocked'
  | 'pools-share-server'
  | 'fleet-over-commit'
  | 'orphaned-backends'
  | 'lock-waits';

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
