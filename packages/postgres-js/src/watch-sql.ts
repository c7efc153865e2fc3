import { LifeguardError } from '@lifeguard/core';
import { ignoreFramesBeside } from '@lifeguard/core/adapter';
import type { WatchOptions } from '@lifeguard/core';
import { isStockSql } from './stock-sql.ts';
import type { StockSql, WatchableSql } from './stock-sql.ts';
import { WatchedSql } from './watched-sql.ts';

ignoreFramesBeside(import.meta, 'watch-sql');

/**
 * The watcher of an `sql`, kept by itself, where no loop and no log shows it. Under a global symbol: one that another copy of this
 * package watches is not watched twice.
 */
const KEY = Symbol.for('@lifeguard/watched-sql');

/**
 * Watches what `postgres()` of postgres.js has returned, in place, and returns it: who holds each connection, where it was taken
 * and what runs on it, who waits, and what leaks. It is seen by metrics, the admin socket and the command line. Nothing of the
 * application changes, and nothing is taken back. What is held already is not known.
 *
 * One that is watched stays so, and `options` are not looked at. Throws `LG_UNSUPPORTED` for what is no such `sql`, also for that of
 * a transaction or a reserved connection, and for one of a version before 3.4; `LG_INVALID_OPTION`.
 *
 * @example
 * const sql = watchSql(postgres(url), { name: 'orders' });
 * watcherOf(sql)?.on('leak', (report) => console.warn(formatLeakReport(report)));
 */
export function watchSql<T extends WatchableSql>(sql: T, options: WatchOptions = {}): T {
  if (watcherOf(sql) !== undefined) return sql;
  if (!isStockSql(sql)) throw unsupported();
  const stock: StockSql = sql;
  const watcher = new WatchedSql(stock, options, () => void Reflect.deleteProperty(stock, KEY));
  Object.defineProperty(stock, KEY, { value: watcher, configurable: true });
  return sql;
}

/** Who watches this `sql`, if anybody does. */
export function watcherOf(sql: WatchableSql): WatchedSql | undefined {
  return Reflect.get(sql, KEY) as WatchedSql | undefined;
}

function unsupported(): LifeguardError {
  return new LifeguardError('LG_UNSUPPORTED', {
    summary: 'watchSql() can watch only what postgres() of postgres.js 3.4 or later has returned',
    rows: [['fix', 'pass that, before anything is done with it']],
  });
}
