import { isLifeguardError } from '@lifeguard/core';
import type { LeaseRecord } from '@lifeguard/core';
import { ownError as ownErrorOf, ownErrorIn as ownErrorOfIn } from '@lifeguard/orm';

/**
 * The error of ours that Prisma's was made of, with Prisma's as its `cause`; any other error as it is. Prisma replaces an error that
 * passes through it, but keeps what stands under `meta`.
 */
export function ownError(error: unknown): unknown {
  return ownErrorOf(error, causeInPrisma);
}

/** The same in a transaction: where its connection has died, that. The query in flight gets only the driver's word for it. */
export function ownErrorIn(record: LeaseRecord, error: unknown): unknown {
  return ownErrorOfIn(record, error, causeInPrisma);
}

/** The error of ours that one of Prisma's was made of. */
export function causeInPrisma(error: unknown): unknown {
  if (typeof error !== 'object' || error === null || !('meta' in error)) return undefined;
  const { meta } = error;
  if (typeof meta !== 'object' || meta === null || !('lifeguard' in meta)) return undefined;
  return meta.lifeguard !== error && isLifeguardError(meta.lifeguard) ? meta.lifeguard : undefined;
}
