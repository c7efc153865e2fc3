import { LeaseReleasedError } from '@lifeguard/core';
import { callbackOf } from './query-call.ts';
import type { QueryCall } from './query-call.ts';

/** What a ROLLBACK gives whose transaction is over already. */
export const ROLLED_BACK: object = Object.freeze({
  command: 'ROLLBACK',
  rowCount: null,
  oid: null,
  rows: [],
  fields: [],
});

/** Answers a call without touching the wire, in the form in which it was made. */
export function answerCall(call: QueryCall, error: Error | undefined, result?: unknown): unknown {
  const { submittable } = call;
  if (submittable !== undefined) {
    process.nextTick(() => submittable.handleError(error ?? new Error('the transaction is over'), undefined));
    return submittable;
  }
  const callback = callbackOf(call);
  if (callback !== undefined) {
    process.nextTick(() => callback(error, result));
    return undefined;
  }
  return error === undefined ? Promise.resolve(result) : Promise.reject(error);
}

export function usedAfterRelease(): LeaseReleasedError {
  return new LeaseReleasedError({
    summary: 'a client was used after it had been released to the pool; the query was not sent',
    rows: [
      ['likely', 'a promise that was not awaited before release()'],
      ['fix', 'await every query before release(); the stack of this error shows the late use'],
    ],
  });
}
