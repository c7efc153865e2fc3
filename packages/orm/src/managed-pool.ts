import type { ManagedPool } from './transaction-layer.ts';

/** The pool, if it is a `LifeguardPool`, of whichever copy of `@lifeguard/pg`. */
export function asManagedPool(pool: unknown): ManagedPool | undefined {
  if (typeof pool !== 'object' || pool === null) return undefined;
  const { cancelQuery, sessionTimeoutMs } = pool as Partial<ManagedPool>;
  const isOurs = typeof cancelQuery === 'function' && typeof sessionTimeoutMs === 'number';
  return isOurs ? (pool as ManagedPool) : undefined;
}
