import type { PoolOptions } from './pool-options.ts';

/** What can be chosen where connections are watched, but made by somebody else. The names and defaults of a pool. */
export type WatchOptions = Pick<
  PoolOptions,
  | 'name'
  | 'leakThresholdMs'
  | 'idleThresholdMs'
  | 'orphanGraceMs'
  | 'adaptiveThreshold'
  | 'monitorIntervalMs'
  | 'reportIntervalMs'
  | 'maxSites'
  | 'sessionTimeoutMs'
  | 'stacks'
  | 'logger'
  | 'clock'
>;
