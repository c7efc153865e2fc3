import { isLifeguardError } from '@lifeguard/core';
import type { LeaseRecord, LifeguardError } from '@lifeguard/core';
import { REPORT } from '@lifeguard/pg';

/** What an error of an ORM was made of; see `TransactionLayer`. */
export type CauseOf = (error: unknown) => unknown;

/** No ORM wraps more often. */
const DEEPEST = 5;

/**
 * The error of ours that the ORM's was made of, with the ORM's as its `cause`; any other error as it is. Its message is the report,
 * where pg-pool's text stood in its place.
 */
export function ownError(error: unknown, causeOf: CauseOf): unknown {
  const original = errorsIn(error, causeOf).findLast((each) => isLifeguardError(each));
  if (original === undefined) return error;
  if (original !== error) return copyOf(original, error);
  return Object.hasOwn(original, REPORT) ? copyOf(original, original.cause) : error;
}

/**
 * What `ownError` makes of an error in a transaction; and where its connection has died, that. The query in flight gets only the
 * driver's word for it.
 */
export function ownErrorIn(record: LeaseRecord | undefined, error: unknown, causeOf: CauseOf): unknown {
  const own = ownError(error, causeOf);
  if (record?.state.kind !== 'lost' || isLifeguardError(own)) return own;
  return isLifeguardError(record.state.error) ? copyOf(record.state.error, error) : own;
}

/** The error, and those that it was made of, the first one last. */
export function errorsIn(error: unknown, causeOf: CauseOf): unknown[] {
  const errors: unknown[] = [];
  for (let each = error; each !== undefined && errors.length < DEEPEST; each = causeOf(each))
    errors.push(each);
  return errors;
}

/** One error may have turned several callers away, so it is not changed itself. */
function copyOf(original: LifeguardError, cause: unknown): Error {
  const report: unknown = Reflect.get(original, REPORT);
  const copy = new Error(typeof report === 'string' ? report : original.message);
  Object.setPrototypeOf(copy, Object.getPrototypeOf(original) as object);
  for (const [key, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(original)))
    if (key !== 'message') Object.defineProperty(copy, key, descriptor);
  if (cause !== undefined) Object.defineProperty(copy, 'cause', { value: cause, configurable: true });
  return copy;
}
