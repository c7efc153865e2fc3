import type { LeaseOrigin } from '../src/lease-record.ts';

/** Where an acquire came from, of which nothing is known but what the test says. */
export function noOrigin(parts: Partial<LeaseOrigin> = {}): LeaseOrigin {
  return {
    session: undefined,
    stack: undefined,
    label: undefined,
    holding: undefined,
    signal: undefined,
    leakThresholdMs: undefined,
    spans: undefined,
    ...parts,
  };
}
