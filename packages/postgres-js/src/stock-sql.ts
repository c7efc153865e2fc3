import type { AnyFunction } from '@lifeguard/core/adapter';
import { isFollowable } from './stock-query.ts';
import type { StockQuery } from './stock-query.ts';

/** What `postgres()` of postgres.js returns, of whichever copy of it. */
export interface WatchableSql {
  readonly options: object;
  readonly begin: (...args: never[]) => unknown;
  readonly reserve: (...args: never[]) => unknown;
  readonly unsafe: (query: string) => unknown;
  readonly end: (...args: never[]) => unknown;
}

/** What we use of it. */
export interface StockSql extends WatchableSql {
  readonly options: StockSqlOptions;
  readonly unsafe: (query: string) => StockQuery;
}

/** Its options as it has read them; it looks at `onclose` when a connection has been closed. */
export interface StockSqlOptions {
  readonly max?: unknown;
  readonly idle_timeout?: unknown;
  readonly max_lifetime?: unknown;
  readonly connect_timeout?: unknown;
  readonly onclose?: unknown;
}

/** What `reserve()` resolves to. */
export interface ReservedSql {
  readonly unsafe: (query: string) => StockQuery;
  readonly release: () => void;
}

const METHODS = ['begin', 'reserve', 'unsafe', 'file', 'end'];

/** Whether it is the `sql` of a whole pool, and its queries can be followed. Not that of a transaction. */
export function isStockSql(value: unknown): value is StockSql {
  if (typeof value !== 'function') return false;
  const has = (name: string, type: string): boolean => typeof Reflect.get(value, name) === type;
  if (!METHODS.every((name) => has(name, 'function')) || !has('options', 'object')) return false;
  return isFollowable(probe(value as unknown as StockSql));
}

/** A query that is never run, and so does nothing: it shows what all queries of this `sql` have in common. */
export function probe({ unsafe }: Pick<StockSql, 'unsafe'>): StockQuery {
  return unsafe('');
}

/** By which function the queries of this `sql` go to a connection; each transaction and each reserved one has its own. */
export function handlerOf(sql: Pick<StockSql, 'unsafe'>): AnyFunction {
  return probe(sql).handler;
}

/**
 * How many connections it may have. It makes them by `Array(max)`, which for a text, as from an address or PGMAX, is a list of
 * one.
 */
export function maxOf({ max }: StockSqlOptions): number {
  return typeof max === 'number' ? max : 1;
}
