import type { AlertRuleId } from './alert-limits.ts';
import type { AlertSeverity } from './alert-rule.ts';

/** The place in the code that holds most; `file:line function`, or the label of its leases. */
export interface AlertHolder {
  readonly place: string;
  /** Connections that it holds. */
  readonly count: number;
  readonly maxHeldMs: number;
}

/** What is told of one alert; frozen, and the same as JSON. No SQL, parameter or row value is in it. */
export interface Alert {
  readonly schemaVersion: 1;
  /** `firing` once when it begins, `reminder` while it goes on, `resolved` once when it is over. */
  readonly status: 'firing' | 'reminder' | 'resolved';
  /** The same for all that is told of a rule and a pool, such as `usage-high/main`: to find what belongs together. */
  readonly id: string;
  readonly rule: AlertRuleId;
  readonly severity: AlertSeverity;
  /** Its name, with a number where several have the same; `null` for what concerns the whole process. */
  readonly pool: string | null;
  /** One sentence, with numbers. */
  readonly summary: string;
  /** What it was concluded from, one observation each. */
  readonly evidence: readonly string[];
  /** What to do. */
  readonly fix: string;
  /** What the rule measured, and the limit above which it fires. */
  readonly value: number;
  readonly above: number;
  /** ISO 8601, wall clock. */
  readonly at: string;
  /** Since when it was so, likewise. */
  readonly since: string;
  /** Until now, or until it was over. Milliseconds. */
  readonly lastedMs: number;
  readonly holder: AlertHolder | null;
}

/** One of those that a {@link MoreAlerts} stands for. */
export type BriefAlert = Pick<Alert, 'id' | 'status' | 'rule' | 'severity' | 'pool'>;

/** Told in place of all that would be too many at once. */
export interface MoreAlerts {
  readonly schemaVersion: 1;
  readonly status: 'more';
  /** One sentence: how many, and of which rules. */
  readonly summary: string;
  readonly severity: AlertSeverity;
  readonly count: number;
  /** At most 50 of them. */
  readonly alerts: readonly BriefAlert[];
  readonly at: string;
}

/** What `onAlert` and sinks are given. Tell them apart by `status`. */
export type AlertNotification = Alert | MoreAlerts;
