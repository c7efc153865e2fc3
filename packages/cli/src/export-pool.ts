import type { PoolState } from './pool-state.ts';

/** A pool as a document has it: the diagnosis without its snapshot, which is there already. */
export function exportPool({ snapshot, diagnosis, undiagnosed, health, reasons }: PoolState): object {
  const { pool: _, ...advice } = diagnosis ?? {};
  return {
    name: snapshot.name,
    health,
    reasons,
    snapshot,
    diagnosis: diagnosis === undefined ? { unavailable: undiagnosed } : advice,
  };
}
