import type { Outcome } from './send-load.ts';

/** Whether an ordinary request got what it asked for. */
export function isServed({ status }: Outcome): boolean {
  return status >= 200 && status < 300;
}

/** The duration that a share of `quantile` (0 to 1) of all do not exceed; 0 without any. */
export function percentile(durations: readonly number[], quantile: number): number {
  const sorted = durations.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * quantile) - 1)] ?? 0;
}

/** What a failure says. Node's own "all addresses failed" says nothing but its code. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.message !== '') return error.message;
  return 'code' in error ? String(error.code) : error.name;
}
