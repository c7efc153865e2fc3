import { Containment, describeFailure, logSafely, processWarningLogger } from '@lifeguard/core/adapter';
import type { Logger } from '@lifeguard/core';
import type { AnyFunction } from '@lifeguard/core/adapter';
import { isOwnPool, isStockPool } from './stock-pool.ts';
import { startWatching, watcherOf } from './watch-pool.ts';
import type { WatchPoolOptions, WatchedPool } from './watched-pool.ts';

/** A class of pools: `pg.Pool`, of whichever copy of pg. */
export interface PoolClass {
  readonly prototype: object;
}

/** How the pools of a class are watched. */
export interface WatchClassOptions {
  /** What is chosen for a pool, when it is first used. */
  readonly optionsOf?: (pool: object) => WatchPoolOptions;
  /** Told of each pool that is watched from now on. */
  readonly onWatched?: (watched: WatchedPool) => void;
  /** Told when a pool cannot be watched. @default `process.emitWarning` */
  readonly logger?: Logger;
}

/** Classes that are watched already, by whichever copy of this package. */
const KEY = Symbol.for('@lifeguard/watched-pool-classes');
const shared = globalThis as { [KEY]?: WeakSet<object> };
const classes = (shared[KEY] ??= new WeakSet());

/**
 * Watches all pools of a class, each from its first `connect` or `query` on, as `watchPool` does; also those that were made
 * before, and those of classes that extend it. A pool that was detached is left alone from then on. Does nothing for a class
 * that is watched already. Returns what ends it for pools that have not been used yet.
 */
export function watchPoolClass({ prototype }: PoolClass, options: WatchClassOptions = {}): () => void {
  if (classes.has(prototype)) return () => undefined;
  classes.add(prototype);
  const original = Reflect.get(prototype, 'connect') as AnyFunction;
  const watch = firstUse(options);
  let isOn = true;
  const connect: AnyFunction = function (this: unknown, ...args): unknown {
    const watcher = isOn ? watch(this) : undefined;
    return watcher === undefined
      ? Reflect.apply(original, this, args)
      : watcher.passConnect(original, this, args);
  };
  Object.defineProperties(connect, { name: { value: original.name }, length: { value: original.length } });
  const before = Object.getOwnPropertyDescriptor(prototype, 'connect') as PropertyDescriptor;
  Object.defineProperty(prototype, 'connect', { ...before, value: connect });
  return () => {
    isOn = false;
    if (Reflect.get(prototype, 'connect') !== connect) return;
    Object.defineProperty(prototype, 'connect', before);
    classes.delete(prototype);
  };
}

function firstUse({ optionsOf = () => ({}), onWatched, logger = processWarningLogger }: WatchClassOptions) {
  const leftAlone = new WeakSet<object>();
  const contain = new Containment((error) =>
    logSafely(
      logger,
      'error',
      { code: 'LG_LISTENER_FAILED', event: 'watchPool' },
      `a pool cannot be watched: ${describeFailure(error)}`,
    ),
  );
  return (pool: unknown): WatchedPool | undefined => {
    if (typeof pool !== 'object' || pool === null) return undefined;
    const known = watcherOf(pool);
    if (known !== undefined || leftAlone.has(pool)) return known;
    const watched = contain.run(() => {
      if (!isStockPool(pool) || isOwnPool(pool)) return undefined;
      return startWatching(pool, optionsOf(pool), false, () => leftAlone.add(pool));
    });
    // What could not be watched once is not tried at each call.
    if (watched === undefined) leftAlone.add(pool);
    else contain.run(() => onWatched?.(watched));
    return watched;
  };
}
