import { livePools } from './live-pools.ts';
import type { LivePool } from './live-pools.ts';
import type { PoolDiagnostics } from './pool-diagnostics.ts';
import type { PoolSample } from './pool-history.ts';
import { windowOf } from './pool-window.ts';
import { healthOf, recommend } from './recommend.ts';
import type { ServerFacts } from './server-facts.ts';
import type { SiblingPool } from './situation.ts';

/** A pool that can be diagnosed: `Pool`, `LifeguardPool`. */
export interface DiagnosablePool extends LivePool {
  history(): readonly PoolSample[];
}

/**
 * Looks at a pool as it is now and as it was in the last ten minutes, and says what to do about it. Asks the server nothing;
 * pass what it was found to say (`serverView()` and `factsOf()` of `@lifeguard/pg`) for advice that depends on it.
 *
 * @example
 * const { health, potentialLeaks, recommendations } = getPoolDiagnostics(pool);
 */
export function getPoolDiagnostics(pool: DiagnosablePool, server?: ServerFacts): PoolDiagnostics {
  const snapshot = pool.snapshot();
  const window = windowOf(pool.history());
  const siblings = siblingsOf(pool, snapshot.facts['server']);
  const recommendations = recommend({ pool: snapshot, window, server, siblings });
  return Object.freeze({
    schemaVersion: 1,
    at: snapshot.at,
    health: healthOf(recommendations),
    pool: snapshot,
    potentialLeaks: Object.freeze(snapshot.leases.filter(({ suspected }) => suspected)),
    recommendations,
    windowMs: window?.lengthMs ?? 0,
    server,
  });
}

/**
 * The same of every pool of this process that has been made and not been closed, in the order in which they were made: where no
 * pool is at hand. Without what a server says.
 */
export function getAllPoolDiagnostics(): readonly PoolDiagnostics[] {
  return Object.freeze(
    livePools()
      .filter(isDiagnosable)
      .map((pool) => getPoolDiagnostics(pool)),
  );
}

/** Another copy of this package may have announced less. */
function isDiagnosable(pool: LivePool): pool is DiagnosablePool {
  return typeof (pool as Partial<DiagnosablePool>).history === 'function';
}

/** Those of this process that have the same server, database and user, where the connector tells which that is. */
function siblingsOf(pool: DiagnosablePool, server: unknown): SiblingPool[] {
  if (server === undefined) return [];
  return livePools()
    .filter((other) => other !== pool)
    .map((other) => other.snapshot())
    .filter(({ facts }) => facts['server'] === server)
    .map(({ name, max }) => ({ name, max }));
}
