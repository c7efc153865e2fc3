import type { PoolHealth } from '@lifeguard/core';

/** What the process ends with; 64 and 70 are those of `sysexits.h`. */
export const EXIT = {
  healthy: 0,
  warning: 1,
  critical: 2,
  /** No application, endpoint or server answers, or it refuses. */
  unreachable: 3,
  /** What was asked for cannot be understood, or needs to be said more exactly. */
  usage: 64,
  /** A defect of this command. */
  defect: 70,
} as const;

/** One of {@link EXIT}. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const ORDER: readonly PoolHealth[] = ['healthy', 'warning', 'critical'];

/** As bad as the worst; without any there is nothing that could be ill. */
export function worstHealth(healths: readonly PoolHealth[]): PoolHealth {
  return ORDER[Math.max(0, ...healths.map((health) => ORDER.indexOf(health)))] ?? 'healthy';
}
