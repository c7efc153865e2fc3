import { formatDuration } from '@lifeguard/core/adapter';

/** A count as text. JSON has no infinity: `null` is no limit. */
export function numberText(value: unknown): string {
  if (value === null || value === Infinity) return 'no limit';
  return typeof value === 'number' ? String(value) : '?';
}

/** A duration as text; shorter than ten milliseconds with a digit behind the point. */
export function durationText(ms: unknown): string {
  if (typeof ms !== 'number') return '?';
  return ms > 0 && ms < 10 ? `${ms.toFixed(1)}ms` : formatDuration(ms);
}
