import type { DriverClient } from '../driver-types.ts';

/** A `pg.Pool` of whichever copy of pg, or of a class that extends it. */
export interface WatchablePool {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
}

/** What we use of it. The members with an underscore are not documented; each is used behind a check. */
export interface StockPool extends WatchablePool {
  readonly options?: Readonly<Record<string, unknown>>;
  readonly ending?: boolean;
  readonly ended?: boolean;
  /** Begins to open a connection, which is the last of `_clients` then. Not documented. */
  readonly newClient?: unknown;
  readonly _clients?: readonly DriverClient[];
}

/** Whether it has what every `pg.Pool` has. */
export function isStockPool(value: unknown): value is StockPool {
  if (typeof value !== 'object' || value === null) return false;
  const has = (name: string, type: string): boolean => typeof Reflect.get(value, name) === type;
  return (
    ['connect', 'query', 'end', 'emit', 'on'].every((name) => has(name, 'function')) &&
    ['totalCount', 'idleCount', 'waitingCount'].every((name) => has(name, 'number'))
  );
}

/** Whether it is a pool of ours, of whichever copy of this package: those know who holds their connections. */
export function isOwnPool(value: object): boolean {
  return ['lease', 'snapshot', 'glance'].every((name) => typeof Reflect.get(value, name) === 'function');
}
