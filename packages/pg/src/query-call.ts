import type { Submittable } from './driver-types.ts';
import { inCallersContext } from './in-callers-context.ts';

type Callback = (error?: unknown, result?: unknown) => unknown;

/** One call of `client.query`, in whichever of its forms: `(query, values?, callback?)` or `(query, callback)`. */
export interface QueryCall {
  readonly query: unknown;
  /** The values, or the callback in their place. */
  readonly values: unknown;
  readonly callback: unknown;
  /** The text of the statement, where the form gives one. */
  readonly sql: string | undefined;
  readonly submittable: Submittable | undefined;
}

/** Reads a call. Its callback will run in the context of now: pg runs it in whatever context the socket is read in. */
export function readQueryCall(query: unknown, values: unknown, callback: unknown): QueryCall {
  return {
    query,
    values: typeof values === 'function' ? inCallersContext(values as Callback) : values,
    callback: typeof callback === 'function' ? inCallersContext(callback as Callback) : callback,
    sql: typeof query === 'string' ? query : sqlOf(query),
    submittable: isSubmittable(query) ? query : undefined,
  };
}

/** What is to be called with the answer; `undefined` when the caller wants a promise. */
export function callbackOf({ values, callback }: QueryCall): Callback | undefined {
  if (typeof values === 'function') return values as Callback;
  return typeof callback === 'function' ? (callback as Callback) : undefined;
}

function isSubmittable(value: unknown): value is Submittable {
  return (
    typeof value === 'object' && value !== null && 'submit' in value && typeof value.submit === 'function'
  );
}

/** The text of a statement, in whichever form it is passed; `undefined` where the form gives none. */
export function sqlOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return undefined;
  if ('text' in value && typeof value.text === 'string') return value.text;
  // pg-query-stream keeps its cursor, and that the text, inside.
  return 'cursor' in value ? sqlOf(value.cursor) : undefined;
}
