export type { WatchablePool } from './stock-pool.ts';
export { watchPoolClass } from './watch-pool-class.ts';
export type { PoolClass, WatchClassOptions } from './watch-pool-class.ts';
export { watchPool, watcherOf } from './watch-pool.ts';
export type { WatchedClient } from './watched-client.ts';
export { WatchedPool } from './watched-pool.ts';
export type { WatchPoolOptions } from './watched-pool.ts';
