import { isLifeguardError } from '@lifeguard/core';
import type { LeaseRecord, LifeguardError } from '@lifeguard/core';
import { REPORT } from '@lifeguard/pg';

/**
 * The error of ours that Prisma's was made of, with Prisma's as its `cause`; any other error as it is. Prisma replaces an error that
 * passes through it, but keeps what stands under `meta`.
 */
export function ownError(error: unknown): unknown {
  const original = originalOf(error);
  if (original === undefined) return error;
  if (original !== error) return copyOf(original, error);
  return Object.hasOwn(original, REPORT) ? copyOf(original, original.cause) : error;
}

/**
 * What `ownError` makes of the error of an operation in a transaction; and where its connection has died, that. The query in flight
 * gets only the driver's word for it.
 */
export function ownErrorIn(record: LeaseRecord | undefined, error: unknown): unknown {
  const own = ownError(error);
  if (record?.state.kind !== 'lost' || isLifeguardError(own)) return own;
  return isLifeguardError(record.state.error) ? copyOf(record.state.error, error) : own;
}

function originalOf(error: unknown): LifeguardError | undefined {
  if (typeof error !== 'object' || error === null || !('meta' in error)) return undefined;
  const { meta } = error;
  if (typeof meta !== 'object' || meta === null || !('lifeguard' in meta)) return undefined;
  return isLifeguardError(meta.lifeguard) ? meta.lifeguard : undefined;
}

/** One error may have turned several callers away, so it is not changed itself. Its message is the report, and not pg-pool's. */
function copyOf(original: LifeguardError, cause: unknown): Error {
  const report: unknown = Reflect.get(original, REPORT);
  const copy = new Error(typeof report === 'string' ? report : original.message);
  Object.setPrototypeOf(copy, Object.getPrototypeOf(original) as object);
  for (const [key, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(original)))
    if (key !== 'message') Object.defineProperty(copy, key, descriptor);
  if (cause !== undefined) Object.defineProperty(copy, 'cause', { value: cause, configurable: true });
  return copy;
}
