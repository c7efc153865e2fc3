import { LifeguardError } from '@lifeguard/core';
import { ignoreFramesBeside } from '@lifeguard/core/adapter';
import { isOwnPool, isStockPool } from './stock-pool.ts';
import type { StockPool, WatchablePool } from './stock-pool.ts';
import { WatchedPool } from './watched-pool.ts';
import type { WatchPoolOptions } from './watched-pool.ts';

ignoreFramesBeside(import.meta, 'watch-pool');

/**
 * The watcher of a pool, kept by the pool itself, where no loop and no log shows it. Under a global symbol: a pool that another
 * copy of this package watches is not watched twice, nor is one behind a Proxy.
 */
const KEY = Symbol.for('@lifeguard/watched-pool');

/**
 * Watches a `pg.Pool` that exists already, in place: nothing of the application changes, and the same pool is used on. Knows who
 * holds each client, where it was taken and what runs on it, counts and measures, reports leaks, and is seen by metrics, the
 * admin socket and the command line. It watches only, unless `allowReclaim` is set. Clients that are held already are counted,
 * but nobody knows by whom.
 *
 * A pool that is watched gives the same watcher again, and `options` are not looked at. Throws `LG_UNSUPPORTED` for what is no
 * `pg.Pool`, and for a `LifeguardPool`, which does all this itself; `LG_INVALID_OPTION`.
 *
 * @example
 * const watched = watchPool(pool, { name: 'orders', leakThresholdMs: 10_000 });
 * watched.on('leak', (report) => console.warn(formatLeakReport(report)));
 */
export function watchPool(pool: WatchablePool, options: WatchPoolOptions = {}): WatchedPool {
  const known = watcherOf(pool);
  if (known !== undefined) return known;
  if (!isStockPool(pool)) throw unsupported('what is no pg.Pool', 'pass the pool itself');
  if (isOwnPool(pool))
    throw unsupported('a LifeguardPool', 'ask the pool itself: it has snapshot() and on()');
  return startWatching(pool, options, true);
}

/** Who watches this pool, if anybody does. */
export function watcherOf(pool: object): WatchedPool | undefined {
  return Reflect.get(pool, KEY) as WatchedPool | undefined;
}

/** Watches a pool that nobody watches. `hooksConnect` as in {@link WatchedPool}. */
export function startWatching(
  pool: StockPool,
  options: WatchPoolOptions,
  hooksConnect: boolean,
  onDetach: () => void = () => undefined,
): WatchedPool {
  const watcher = new WatchedPool(pool, options, {
    hooksConnect,
    onDetach: () => {
      Reflect.deleteProperty(pool, KEY);
      onDetach();
    },
  });
  Object.defineProperty(pool, KEY, { value: watcher, configurable: true });
  return watcher;
}

function unsupported(what: string, fix: string): LifeguardError {
  return new LifeguardError('LG_UNSUPPORTED', {
    summary: `watchPool() cannot watch ${what}`,
    rows: [['fix', fix]],
  });
}
