export { cancelRequest } from './cancel-request.ts';
export type { CancelOutcome } from './cancel-request.ts';
export { ClientLease } from './client-lease.ts';
export { explainConnectFailure } from './connect-failure.ts';
export type {
  ClientClass,
  DriverClient,
  DriverConnection,
  ReadyStatus,
  Submittable,
} from './driver-types.ts';
export { explainError } from './explain-error.ts';
export type { ConnectCallback } from './connect-callback.ts';
export { createPool } from './create-pool.ts';
export { LifeguardPool } from './lifeguard-pool.ts';
export type { LifeguardPoolEvents } from './lifeguard-pool-events.ts';
export { findOrphans, terminateOrphans } from './orphans.ts';
export type { OrphanEnd, TerminatedOrphan } from './orphans.ts';
export { PgConnection } from './pg-connection.ts';
export { PgConnector } from './pg-connector.ts';
export type { PgConnectorOptions, SessionStatePolicy } from './pg-connector.ts';
export { PG_POOL_TEXT, REPORT } from './pg-pool-errors.ts';
export type { LifeguardPoolOptions } from './pool-config.ts';
export { PoolerWatch } from './pooler-watch.ts';
export type { PoolerListener, PoolerOption } from './pooler-watch.ts';
export type { Orphan, OrphanVerdict } from './read-orphans.ts';
export { redactUrl } from '@lifeguard/core/adapter';
export { factsOf } from './server-view/facts-of.ts';
export { readServerView } from './server-view/read-server-view.ts';
export type { ReadServerViewOptions } from './server-view/read-server-view.ts';
export type {
  ApplicationCount,
  AwaitedLock,
  BackendCounts,
  BlockedBackend,
  Blocker,
  PoolerPool,
  PoolerView,
  ServerBackend,
  ServerIdentity,
  ServerView,
} from './server-view/server-view.ts';
export { serverView } from './server-view/view-of-pool.ts';
export type { ServerViewOptions } from './server-view/view-of-pool.ts';
export { serverViewOf } from './server-view/view-of-server.ts';
export type { ServerViewOfOptions } from './server-view/view-of-server.ts';
export type { ViewQuery } from './server-view/view-transaction.ts';
export { watchPoolClass } from './watch-pool/watch-pool-class.ts';
export type { PoolClass, WatchClassOptions } from './watch-pool/watch-pool-class.ts';
export { watchPool } from './watch-pool/watch-pool.ts';
export type { WatchablePool } from './watch-pool/stock-pool.ts';
export type { WatchedClient } from './watch-pool/watched-client.ts';
export { WatchedPool } from './watch-pool/watched-pool.ts';
export type { WatchPoolOptions } from './watch-pool/watched-pool.ts';
