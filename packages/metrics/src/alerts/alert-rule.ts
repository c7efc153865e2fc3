import type { AlertLimits, AlertRuleId } from './alert-limits.ts';
import type { ObservationWindow } from './observation-window.ts';

/** `critical`: callers fail now. `warning`: they will, or wait without need. */
export type AlertSeverity = 'warning' | 'critical';

/** What a rule has found, whether it is much or little. */
export interface Measurement {
  readonly value: number;
  /** It cannot be over yet, however small the value is. */
  readonly isStuck?: boolean;
  /** One sentence, with numbers, that is true however the value compares. */
  readonly summary: string;
  readonly evidence: readonly string[];
}

/** One thing to watch. `subject` is what it looks at: the observations of a pool, or something of the whole process. */
export interface AlertRule<Subject = ObservationWindow> {
  readonly id: AlertRuleId;
  readonly severity: AlertSeverity;
  readonly limits: Readonly<AlertLimits>;
  /** When it fires, in words; completes "fires when …". */
  readonly condition: (limits: AlertLimits) => string;
  /** Whom to name: who holds most connections, or most of those that are suspected of being leaked. */
  readonly names: 'holders' | 'suspects' | undefined;
  /** What to do. */
  readonly fix: string;
  /** Pure: the same observations give the same. */
  readonly measure: (subject: Subject, limits: AlertLimits) => Measurement;
}

/** `high`: above the limit. `calm`: low enough for an alert to be over. `between`: neither. */
export type Level = 'high' | 'between' | 'calm';

/** How a value compares. */
export function levelOf({ value, isStuck = false }: Measurement, limits: AlertLimits): Level {
  if (value > limits.above) return 'high';
  return value <= limits.resolveAt && !isStuck ? 'calm' : 'between';
}
