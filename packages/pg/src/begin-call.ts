import type { QueryArguments } from './query-arguments.ts';

/** Members of a query object that change nothing about how its text is sent. */
const HARMLESS: ReadonlySet<string> = new Set(['text', 'rowMode', 'types', 'query_timeout']);

/** Whether the call sends a text and nothing else, so that another statement may follow in the same message. */
export function isTextOnly([query, values]: readonly unknown[], read: QueryArguments): boolean {
  if (read.sql === undefined || read.submittable !== undefined || !isNone(values)) return false;
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
export function sendBegin(
  send: (...args: unknown[]) => unknown,
  args: readonly unknown[],
  read: QueryArguments,
  settings: string,
): unknown {
  const [query] = args;
  // On a line of its own: the text may end in a comment.
  const text = `${(read.sql ?? '').replace(/[;\s]+$/, '')}${read.sql?.includes('--') === true ? '\n' : ''}; ${settings}`;
  const call = [...args];
  call[0] = typeof query === 'string' ? text : { ...(query as object), text };
  const callback = args[read.callbackIndex];
  if (typeof callback === 'function') {
    call[read.callbackIndex] = function (this: unknown, error: unknown, results?: unknown): unknown {
      return Reflect.apply(callback, this, [error, firstOf(results)]);
    };
    return send(...call);
  }
  return (send(...call) as Promise<unknown>).then(firstOf);
}

function isNone(values: unknown): boolean {
  if (values === undefined || values === null || typeof values === 'function') return true;
  return Array.isArray(values) && values.length === 0;
}

function firstOf(results: unknown): unknown {
  return Array.isArray(results) ? (results[0] as unknown) : results;
}
