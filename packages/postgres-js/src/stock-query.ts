import type { AnyFunction } from '@lifeguard/core/adapter';

/** A connection to the server, as its queries refer to it: the same object as long as the process runs; its number changes. */
export interface Backend {
  readonly pid: number | null;
}

/** What we use of a query of postgres.js. None of it is documented; each is used behind a check. */
export interface StockQuery {
  /** Whether it is its turn on its connection. */
  readonly active: boolean;
  /** Its connection, once it was handed to one. */
  readonly state: Backend | null;
  /** Whether it was started. A fragment of other queries never is. */
  readonly executed: boolean;
  readonly strings: readonly string[];
  readonly tagged: boolean;
  /** Whether it was given up before: then postgres.js only pretends to start it. */
  readonly cancelled: unknown;
  /** Takes the rows of a cursor. */
  readonly cursorFn?: unknown;
  readonly handler: AnyFunction;
  readonly options: { onexecute?: ((connection: { readonly id: unknown }) => unknown) | undefined };
}

/** Whether it has what a query of postgres.js 3.4 has. */
export function isFollowable(value: unknown): value is StockQuery {
  if (!(value instanceof Promise)) return false;
  const has = (name: string, type: string): boolean => typeof Reflect.get(value, name) === type;
  return (
    ['handle', 'handler', 'resolve', 'reject'].every((name) => has(name, 'function')) &&
    ['active', 'executed'].every((name) => has(name, 'boolean')) &&
    ['state', 'options', 'strings'].every((name) => has(name, 'object'))
  );
}

/**
 * Where this query was written, as postgres.js has noted it for its own errors: with a template, once for each place in the code.
 */
export function stackOf(query: StockQuery): Error | undefined {
  if (!query.tagged) return undefined;
  for (const symbol of Object.getOwnPropertySymbols(query)) {
    const noted: unknown = Reflect.get(query, symbol);
    if (noted instanceof Error) return noted;
  }
  return undefined;
}
