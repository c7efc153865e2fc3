import type { LeaseView, PoolSnapshot } from '../snapshot.ts';
import type { Recommendation } from './recommendation.ts';
import type { ServerFacts } from './server-facts.ts';

/** `critical`: callers fail. `warning`: something needs a look. `healthy`: nothing does. */
export type PoolHealth = 'healthy' | 'warning' | 'critical';

/** A pool as it is now, and what to do about it; frozen, and the same as JSON. */
export interface PoolDiagnostics {
  readonly schemaVersion: 1;
  /** ISO 8601, wall clock. */
  readonly at: string;
  readonly health: PoolHealth;
  readonly pool: PoolSnapshot;
  /** Open leases that are suspected of being leaked, longest held first. */
  readonly potentialLeaks: readonly LeaseView[];
  /** The most severe first. */
  readonly recommendations: readonly Recommendation[];
  /** Milliseconds of the past that the recommendations look at. */
  readonly windowMs: number;
  /** What the server was found to say; `undefined` where nobody has asked. */
  readonly server: ServerFacts | undefined;
}
