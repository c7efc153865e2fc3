import type { DialectAdapter } from 'kysely';
import { formatCallSite } from '@lifeguard/core';
import { ReportLimiter, StackRecorder, logSafely } from '@lifeguard/core/adapter';
import type { Clock, Logger } from '@lifeguard/core';
import { JoinedConnection } from './joined-connection.ts';
import { checkStrayPolicy } from './stray-policy.ts';
import type { StrayQueryPolicy } from './stray-policy.ts';
import { StrayQueryError, strayQueryReport } from './stray-query-error.ts';
import { levelOfStray } from './transaction-level.ts';
import type { TransactionLevel } from './transaction-level.ts';

/** Pairs of places that are remembered as warned of. */
const MAX_PAIRS = 500;

/** What {@link StrayQueries} works with. */
export interface StrayQueryParts {
  readonly policy: StrayQueryPolicy | undefined;
  readonly clock: Clock;
  readonly reportIntervalMs: number;
  /** Asked when there is something to say: the pool may be made late. */
  readonly logger: () => Logger;
}

/** Where an acquire goes: `apart` was warned of; a connection is the one of the transaction around. */
export type StrayRoute = 'usual' | 'apart' | JoinedConnection;

/**
 * Decides what becomes of queries that are run with an instance inside a managed transaction of the same dialect. They are
 * known by the async context: whoever asks the driver for a connection there is not part of the transaction, since that
 * has its connection already.
 */
export class StrayQueries {
  readonly #parts: StrayQueryParts;
  readonly #limiter: ReportLimiter;
  readonly #stacks: StackRecorder;
  /** The adapters of this dialect; by them, levels are known to be ours. */
  readonly #roots = new WeakSet<object>();

  /** Throws `LG_INVALID_OPTION`. */
  constructor(parts: StrayQueryParts) {
    checkStrayPolicy(parts.policy);
    this.#parts = parts;
    this.#limiter = new ReportLimiter(parts.reportIntervalMs, MAX_PAIRS);
    this.#stacks = new StackRecorder(parts.clock);
  }

  /** The dialect has made an adapter. */
  covers(adapter: DialectAdapter): void {
    this.#roots.add(adapter);
  }

  /** To be called inside the call of `acquireConnection`. Throws {@link StrayQueryError}. */
  route(): StrayRoute {
    const level = levelOfStray((root) => this.#roots.has(root));
    if (level === undefined) return 'usual';
    const policy = level.strayQueries ?? this.#parts.policy ?? 'warn';
    switch (policy) {
      case 'off':
        return 'usual';
      case 'warn':
        this.#warn(level);
        return 'apart';
      case 'error':
        throw new StrayQueryError(strayQueryReport(level, new Error('run here')));
      case 'join':
        return new JoinedConnection(level);
      default:
        return policy satisfies never;
    }
  }

  #warn(level: TransactionLevel): void {
    const report = strayQueryReport(level, this.#stacks.record());
    const pair = `${formatCallSite(report.site)} ${formatCallSite(report.begunAt)}`;
    if (this.#limiter.admit(pair, this.#parts.clock.coarseNow()) === undefined) return;
    const text = `${report.code}: ${new StrayQueryError(report).message}`;
    logSafely(this.#parts.logger(), 'warn', report, text);
  }
}
