import { LeaseReleasedError } from '@lifeguard/core';
import { inCallersContext } from './in-callers-context.ts';
import type { QueryArguments } from './query-arguments.ts';

/** What a ROLLBACK gives whose transaction is over already. */
export const ROLLED_BACK: object = Object.freeze({
  command: 'ROLLBACK',
  rowCount: null,
  oid: null,
  rows: [],
  fields: [],
});

/** Answers a call without touching the wire, in the form in which it was made. */
export function answerCall(
  args: readonly unknown[],
  read: QueryArguments,
  error: Error | undefined,
  result: unknown,
): unknown {
  const { submittable } = read;
  if (submittable !== undefined) {
    process.nextTick(() => submittable.handleError(error ?? new Error('the transaction is over'), undefined));
    return submittable;
  }
  const callback = args[read.callbackIndex];
  if (typeof callback === 'function') {
    process.nextTick(() => (callback as (error?: Error, result?: unknown) => void)(error, result));
    return undefined;
  }
  return error === undefined ? Promise.resolve(result) : Promise.reject(error);
}

/** pg runs callbacks in whatever context the socket is read in; the caller expects its own. */
export function bindCallback(args: unknown[], index: number): void {
  const callback = args[index];
  if (typeof callback === 'function')
    args[index] = inCallersContext(callback as (...given: unknown[]) => unknown);
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
