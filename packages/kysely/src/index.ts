export { AttachedLifeguard, lifeguard } from './attach.ts';
export type { AnyInstance } from './any-instance.ts';
export type { AttachedAbilities } from './attach.ts';
export { AttachedPool } from './attached-pool.ts';
export type { PoolBeneath } from './attached-pool.ts';
export { CommitRolledBackError } from './commit-rolled-back-error.ts';
export type { FailedStatement } from './commit-rolled-back-error.ts';
export type {
  ConnectionDialectOptions,
  ConnectionHook,
  DialectHooks,
  LifeguardDialectOptions,
  PgConnectionOptions,
  PoolDialectOptions,
} from './dialect-options.ts';
export type {
  Cursor,
  CursorConstructor,
  GuardedLease,
  GuardedLeaseOptions,
  GuardedPool,
  QueryAnswer,
} from './driver-types.ts';
export { guardDialect } from './guard-dialect.ts';
export type { GuardDialectOptions, GuardedDialect } from './guard-dialect.ts';
export { LifeguardDialect } from './lifeguard-dialect.ts';
export type { ManagedSessionOptions, ManagedTransactionOptions } from './managed-options.ts';
export { managedSession } from './managed-session.ts';
export type { SessionCallback } from './managed-session.ts';
export { managedTransaction } from './managed-transaction.ts';
export type { TransactionCallback } from './managed-transaction.ts';
export { OpenSession, openSession } from './open-session.ts';
export { poolBehind } from './pool-behind.ts';
export type { PoolBehind } from './pool-behind.ts';
export type { RetryOptions } from '@lifeguard/core';
export type { StrayQueryPolicy } from './stray-policy.ts';
export { StrayQueryError } from './stray-query-error.ts';
export type { StrayQueryReport } from './stray-query-error.ts';
export type { TransactionSettings } from './transaction-settings.ts';
export type { Watch, WatchEvents, WatchOptions, WatchSnapshot } from './watch.ts';
