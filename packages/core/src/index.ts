export type { AcquireAccount } from './acquire-account.ts';
export type { AcquirePriority } from './acquire-priority.ts';
export { getAllPoolDiagnostics, getPoolDiagnostics } from './advice/get-pool-diagnostics.ts';
export type { DiagnosablePool } from './advice/get-pool-diagnostics.ts';
export { livePools } from './advice/live-pools.ts';
export type { LivePool } from './advice/live-pools.ts';
export type { PoolDiagnostics, PoolHealth } from './advice/pool-diagnostics.ts';
export type { PoolSample } from './advice/pool-history.ts';
export { RULE_IDS } from './advice/recommendation.ts';
export type { Recommendation, RuleId, Severity } from './advice/recommendation.ts';
export type { ServerFacts } from './advice/server-facts.ts';
export { formatCallSite, ignoreFramesUnder } from './call-site.ts';
export type { CallSite } from './call-site.ts';
export type { Clock, Timer, TimerOptions } from './clock.ts';
export type {
  Cleanliness,
  CloseManner,
  CloseOutcome,
  ConnectContext,
  ConnectFailure,
  ConnectorFacts,
  Connector,
  ServerLimit,
} from './connector.ts';
export type { DeadlockLink } from './deadlock-error.ts';
export { CHANNELS } from './diagnostics.ts';
export type { DurationKind, DurationListener, MeasuredDuration } from './duration-feed.ts';
export {
  AcquireTimeoutError,
  ConnectError,
  ConnectionLostError,
  InvalidOptionError,
  InvariantError,
  LeaseReleasedError,
  LeaseRevokedError,
  LifeguardError,
  NestedAcquireError,
  OverloadedError,
  PoolClosedError,
  PoolDeadlockError,
  PoolerError,
  QueryCancelledError,
  QueueFullError,
  ServerTimeoutError,
  SessionTimeoutError,
  isLifeguardError,
} from './errors.ts';
export type {
  CancelledBy,
  ErrorCode,
  ErrorParts,
  PoolerFailureReason,
  RevokeReason,
  ShedReason,
  WarningCode,
} from './errors.ts';
export type { DurationSummary } from './histogram.ts';
export { DatabaseHealth } from './health/database-health.ts';
export type { DatabaseHealthOptions, Readiness } from './health/database-health.ts';
export type { CheckedPool, PoolReadiness, ReadinessStatus } from './health/readiness.ts';
export type { Evidence, LeakThresholds } from './leak-detector.ts';
export { formatLeakReport } from './leak-report.ts';
export type { LeakReport, ReturnedLate } from './leak-report.ts';
export type { LeaseRecord, LeaseState } from './lease-record.ts';
export { LeaseTracker } from './lease-tracker.ts';
export type { Lease } from './lease.ts';
export type { Logger } from './logger.ts';
export { LoopHealth } from './loop-health.ts';
export { formatNestedAcquire } from './nested-acquire.ts';
export type { NestedAcquirePolicy, NestedAcquireReport } from './nested-acquire.ts';
export { Pool } from './pool.ts';
export type { AcquireOptions, CloseReport } from './pool.ts';
export type { CloseReason } from './pool-entry.ts';
export type { PoolEvents } from './pool-events.ts';
export type { PoolGlance } from './pool-glance.ts';
export type { PoolOptionsView } from './pool-options-view.ts';
export type { PoolOptions, ReclaimPolicy } from './pool-options.ts';
export type { QueuePolicyName } from './queue-policy.ts';
export type { Random } from './random.ts';
export type { RetryOptions } from './retry.ts';
export { beginScope, runScope } from './run-scope.ts';
export type { ScopeOptions } from './run-scope.ts';
export { runSession } from './run-session.ts';
export { DEFAULT_SESSION_TIMEOUT_MS, Session, currentSession, outsideSession } from './session.ts';
export type { SessionKind, SessionOptions, SessionState } from './session.ts';
export type { AdaptiveThreshold, SiteView } from './site-stats.ts';
export type {
  HolderView,
  LeaseView,
  PoolCounters,
  PoolCounts,
  PoolSnapshot,
  SessionView,
  TransactionStatus,
  WaiterView,
} from './snapshot.ts';
export { sizeForLoad, sizeForWorkers, sizePerInstance } from './sizing.ts';
export type { BudgetOptions, InstanceBudget, WorkerOptions } from './sizing.ts';
export type { StackMode, StackRecorderOptions } from './stack-recorder.ts';
export { SystemClock, systemClock } from './system-clock.ts';
export type { WatchOptions } from './watch-options.ts';
