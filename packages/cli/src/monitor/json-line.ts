import { exportPool } from '../export-pool.ts';
import { safeJson } from '../safe-json.ts';
import type { Sighting } from './line-monitor.ts';
import { ratesOf } from './look.ts';

/** One look as one line of JSON: the pools as `export` writes them, and what happened since the look before. */
export function jsonLine(sighting: Sighting, wallTime: number): string {
  const head = { schemaVersion: 1, kind: 'lifeguard-monitor', at: new Date(wallTime).toISOString() };
  if (sighting.kind === 'lost') return safeJson({ ...head, lost: sighting.why }, 0);
  const { look, before } = sighting;
  const pools = look.pools.map((pool) => ({
    ...exportPool(pool),
    rates: ratesOf(before, look, pool.snapshot.name) ?? null,
  }));
  return safeJson({ ...head, application: look.application, pools, omitted: look.omitted }, 0);
}
