import type { DriverClient } from './driver-types.ts';
import { callbackOf } from './query-call.ts';
import type { QueryCall } from './query-call.ts';

/** Members of a query object that change nothing about how its text is sent. */
const HARMLESS: ReadonlySet<string> = new Set(['text', 'rowMode', 'types', 'query_timeout']);

/** Whether the call sends a text and nothing else, so that another statement may follow in the same message. */
export function isTextOnly({ query, values, sql, submittable }: QueryCall): boolean {
  if (sql === undefined || submittable !== undefined || !isNone(values)) return false;
  if (typeof query === 'string') return true;
  if (typeof query !== 'object' || Object.getPrototypeOf(query) !== Object.prototype) return false;
  return Object.entries(query as object).every(
    ([key, value]) => value === undefined || HARMLESS.has(key) || (key === 'values' && isNone(value)),
  );
}

/**
 * Sends a BEGIN with `settings` behind it in the same message. The caller gets what BEGIN alone would have given: the
 * first of the answers, in the form in which the call was made.
 */
export function sendBegin(send: DriverClient['query'], call: QueryCall, settings: string): unknown {
  const { query, values, sql = '' } = call;
  // On a line of its own: the text may end in a comment.
  const text = `${sql.replace(/[;\s]+$/, '')}${sql.includes('--') ? '\n' : ''}; ${settings}`;
  const longer = typeof query === 'string' ? text : { ...(query as object), text };
  const callback = callbackOf(call);
  if (callback === undefined) return (send(longer, values, call.callback) as Promise<unknown>).then(firstOf);
  const answer = function (this: unknown, error: unknown, results?: unknown): unknown {
    return Reflect.apply(callback, this, [error, firstOf(results)]);
  };
  return callback === values ? send(longer, answer, call.callback) : send(longer, values, answer);
}

function isNone(values: unknown): boolean {
  if (values === undefined || values === null || typeof values === 'function') return true;
  return Array.isArray(values) && values.length === 0;
}

function firstOf(results: unknown): unknown {
  return Array.isArray(results) ? (results[0] as unknown) : results;
}
