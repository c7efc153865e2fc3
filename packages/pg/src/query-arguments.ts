import type { Submittable } from './driver-types.ts';

/** The arguments of `client.query` in all its forms, read. */
export interface QueryArguments {
  /** The text of the statement, where the form gives one. */
  readonly sql: string | undefined;
  readonly submittable: Submittable | undefined;
  /** Where the callback stands in the arguments; -1 when the caller wants a promise. */
  readonly callbackIndex: number;
}

export function readQueryArguments(args: readonly unknown[]): QueryArguments {
  const [first] = args;
  const submittable = isSubmittable(first) ? first : undefined;
  return {
    sql: sqlOf(first),
    submittable,
    callbackIndex: args.findIndex((argument) => typeof argument === 'function'),
  };
}

function isSubmittable(value: unknown): value is Submittable {
  return (
    typeof value === 'object' && value !== null && 'submit' in value && typeof value.submit === 'function'
  );
}

function sqlOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return undefined;
  if ('text' in value && typeof value.text === 'string') return value.text;
  // pg-query-stream keeps its cursor, and that the text, inside.
  return 'cursor' in value ? sqlOf(value.cursor) : undefined;
}
