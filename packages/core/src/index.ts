export type { AcquireAccount } from './acquire-account.ts';
export type { AcquirePriority } from './acquire-priority.ts';
export { getAllPoolDiagnostics, getPoolDiagnostics } from './advice/get-pool-diagnostics.ts';
export type { DiagnosablePool } from './advice/get-pool-diagnostics.ts';
export { announcePool, livePools, watchLivePools } from './advice/live-pools.ts';
export type { LivePool } from './advice/live-pools.ts';
export type { PoolDiagnostics, PoolHealth } from './advice/pool-diagnostics.ts';
export type { PoolSample } from './advice/pool-history.ts';
export { RULE_IDS } from './advice/recommendation.ts';
export type { Recommendation, RuleId, Severity } from './advice/recommendation.ts';
export type { ServerFacts } from './advice/server-facts.ts';
export { formatCallSite, ignoreFramesBeside, ignoreFramesUnder, readStack } from './call-site.ts';
export type { CallSite, StackTrace } from './call-site.ts';
export { closest } from './closest.ts';
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
export { Containment } from './containment.ts';
export { contextStorage, setContextStorage } from './context-storage.ts';
export type { AsyncContext, ContextStorage } from './context-storage.ts';
export { Deadline } from './deadline.ts';
export type { DeadlockLink } from './deadlock-error.ts';
export { CHANNELS } from './diagnostics.ts';
export type { DurationKind, DurationListener, MeasuredDuration } from './duration-feed.ts';
export { errorForLog } from './error-for-log.ts';
export { describeFailure, formatDuration, formatShare, moreRow, renderReport } from './error-report.ts';
export type { ReportRow } from './error-report.ts';
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
export { EventHub } from './events.ts';
export { DURATION_BOUNDS_MS, Histogram, percentileBetween } from './histogram.ts';
export type { DurationSummary, HistogramMark } from './histogram.ts';
export { DatabaseHealth } from './health/database-health.ts';
export type { DatabaseHealthOptions, Readiness } from './health/database-health.ts';
export type { CheckedPool, PoolReadiness, ReadinessStatus } from './health/readiness.ts';
export type { HandleWatch } from './handle-watch.ts';
export { ForeignPool } from './foreign-pool.ts';
export type { ForeignPoolParts, ForeignRefusal } from './foreign-pool.ts';
export type { ForeignCounts } from './foreign-pool-view.ts';
export type { ForeignWait } from './foreign-waits.ts';
export { formatHolder, groupHolders } from './holders.ts';
export { enterHolding, whileHolding } from './holding.ts';
export type { Holding, HoldingMark } from './holding.ts';
export type { Evidence, LeakThresholds } from './leak-detector.ts';
export { leaseRevokedError, placeOfLease, serverTimeoutError } from './lease-errors.ts';
export { adviseOnLease, describeLease, formatLeakReport } from './leak-report.ts';
export type { LeakReport, ReturnedLate } from './leak-report.ts';
export type { LeaseEnd, LeaseOrigin, LeaseOwner, LeaseRecord, LeaseState } from './lease-record.ts';
export { LeaseTracker } from './lease-tracker.ts';
export type { LeaseTrackerOptions, OriginOptions } from './lease-tracker.ts';
export { witnessLeases } from './lease-witness.ts';
export type { LeaseWitness } from './lease-witness.ts';
export type { Lease } from './lease.ts';
export type { LeaseTaker } from './lease-taker.ts';
export type { Logger } from './logger.ts';
export { LoopHealth } from './loop-health.ts';
export { formatNestedAcquire } from './nested-acquire.ts';
export { Mutex } from './mutex.ts';
export type { NestedAcquirePolicy, NestedAcquireReport } from './nested-acquire.ts';
export { logSafely, processWarningLogger } from './logger.ts';
export { runOperation } from './operation.ts';
export type { Operation } from './operation.ts';
export { outsideAsyncContext } from './outside-async-context.ts';
export { overrideMethod } from './override-method.ts';
export type { AnyFunction } from './override-method.ts';
export { Pool } from './pool.ts';
export type { AcquireOptions, CloseReport } from './pool.ts';
export type { CloseReason } from './pool-entry.ts';
export type { PoolEvents } from './pool-events.ts';
export type { PoolGlance } from './pool-glance.ts';
export type { PoolSize } from './pool-capacity.ts';
export { viewOptions } from './pool-options-view.ts';
export type { PoolOptionsView } from './pool-options-view.ts';
export type { PoolOptions, ReclaimPolicy, ResolvedPoolOptions } from './pool-options.ts';
export { isPrintable, printable, printableInPlace } from './printable.ts';
export type { QueuePolicyName } from './queue-policy.ts';
export { seededRandom } from './random.ts';
export type { Random } from './random.ts';
export { parseConnectionUrl, redactUrl } from './redact-url.ts';
export { ReportLimiter } from './report-limiter.ts';
export { refuseUnknownOptions, resolvePoolOptions } from './resolve-pool-options.ts';
export { checkRetry, isRetryable, pause, pauseBefore } from './retry.ts';
export type { RetryOptions } from './retry.ts';
export { beginScope, runScope } from './run-scope.ts';
export type { ScopeOptions } from './run-scope.ts';
export { runSession, started, untilOver } from './run-session.ts';
export { DEFAULT_SESSION_TIMEOUT_MS, Session, currentSession, outsideSession } from './session.ts';
export type { SessionKind, SessionOptions, SessionState, StatementGate } from './session.ts';
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
export {
  FEWEST_LEASES_FOR_SIZE,
  isMostlyLeaked,
  sizeForLoad,
  sizeForWorkers,
  sizePerInstance,
} from './sizing.ts';
export type { BudgetOptions, InstanceBudget, WorkerOptions } from './sizing.ts';
export { setSpanSource } from './span-source.ts';
export type { AcquireSpans, SpanSource } from './span-source.ts';
export { sqlFingerprint } from './sql-fingerprint.ts';
export { StackRecorder, stackText } from './stack-recorder.ts';
export type { StackMode, StackRecorderOptions } from './stack-recorder.ts';
export { SystemClock, systemClock } from './system-clock.ts';
export { untimed } from './untimed-clock.ts';
export type { WatchOptions } from './watch-options.ts';
