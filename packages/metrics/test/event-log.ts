import { Pool, SessionTimeoutError } from '@lifeguard/core';
import { seededRandom } from '@lifeguard/core/adapter';
import type { CloseReason, Lease, PoolOptions, Session } from '@lifeguard/core';
import { FakeConnector } from '@lifeguard/core/testing';
import type { FakeConnection, ManualClock } from '@lifeguard/core/testing';
import { bucketsOf } from './measured-world.ts';

const TIMES = {
  connectTimeoutMs: 300,
  connectBackoffMs: 40,
  maxConnectBackoffMs: 200,
  pingAfterIdleMs: 20,
  idleTimeoutMs: 400,
  overflowLingerMs: 80,
  maxLifetimeMs: 900,
  leakThresholdMs: 200,
  monitorIntervalMs: 50,
} satisfies PoolOptions;

/** A call of `acquire`, and what has come of it so far. */
export interface Attempt {
  readonly startedAt: number;
  readonly controller: AbortController;
  /** It had to wait, and was not answered within the call. */
  readonly hasWaited: boolean;
  status: 'pending' | 'served' | 'refused';
  lease?: Lease<FakeConnection>;
}

interface Held {
  readonly since: number;
  readonly connection: FakeConnection;
  isReported: boolean;
}

const logger = { warn: () => undefined, error: () => undefined };

/** Says when it is asked to cancel something, as a connector of a real server does. */
class CancellingConnector extends FakeConnector {
  cancel: (() => void) | undefined;

  override connect(context: Parameters<FakeConnector['connect']>[0]): Promise<FakeConnection> {
    this.cancel = context.onCancelSent;
    return super.connect(context);
  }
}

/**
 * A pool, and what its metrics must be by all that was told: its events, what became of each call, what the connector did. Of the
 * pool's own counts nothing is looked at.
 */
export class LoggedPool {
  readonly connector = new CancellingConnector();
  readonly pool: Pool<FakeConnection>;
  readonly attempts: Attempt[] = [];
  state: 'open' | 'suspended' | 'closing' | 'closed' = 'open';
  readonly #clock: ManualClock;
  readonly #counts = new Map<string, number>();
  readonly #waits: number[] = [];
  readonly #holds: number[] = [];
  readonly #creates: number[] = [];
  readonly #held = new Map<number, Held>();
  /** A lease has one, however often it is reported. */
  readonly #reports = new Set<number>();
  readonly #timeouts = new Set<unknown>();
  readonly #sessionTimeouts = new Set<unknown>();

  constructor(clock: ManualClock, options: PoolOptions) {
    this.#clock = clock;
    this.pool = new Pool(this.connector, { ...TIMES, ...options, clock, random: seededRandom(7), logger });
    const { pool } = this;
    pool.on('connect', ({ tookMs }) => {
      this.#count('opened');
      this.#creates.push(tookMs);
    });
    pool.on('connect-failed', () => this.#count('failed'));
    pool.on('acquire', ({ connection, leaseId, waitedMs }) => {
      this.#count('served');
      this.#waits.push(waitedMs);
      this.#held.set(leaseId, { since: clock.now(), connection, isReported: false });
    });
    pool.on('release', ({ leaseId }) => this.#ended(leaseId));
    pool.on('revoke', ({ leaseId, error }) => {
      this.#ended(leaseId);
      this.#count('revoked');
      if (error.reason === 'leak') this.#count('reclaimed');
      this.#noteSession(error.cause);
    });
    pool.on('close', ({ reason }) => this.#closed(reason));
    pool.on('timeout', ({ error }) => {
      this.#count('timeout');
      this.#timeouts.add(error);
    });
    pool.on('leak', ({ id, lease }) => {
      this.#reports.add(id);
      const held = this.#held.get(lease.id);
      if (held !== undefined) held.isReported = true;
    });
    pool.on('returned-late', () => this.#count('returned late'));
  }

  acquire(timeoutMs: number, session?: Session): void {
    const controller = new AbortController();
    const startedAt = this.#clock.now();
    const before = this.pool.counts().pending;
    const call = (): Promise<Lease<FakeConnection>> =>
      this.pool.acquire({ timeoutMs, signal: controller.signal });
    const promise = session === undefined ? call() : session.run(call);
    const hasWaited = this.pool.counts().pending > before;
    const attempt: Attempt = { startedAt, controller, hasWaited, status: 'pending' };
    this.attempts.push(attempt);
    promise.then(
      (lease) => Object.assign(attempt, { status: 'served', lease }),
      (error: unknown) => this.#refused(attempt, timeoutMs, error),
    );
  }

  /** A connection dies, perhaps under its holder, of whom nothing more is told. */
  die(connection: FakeConnection): void {
    connection.die();
    for (const [leaseId, held] of this.#held) if (held.connection === connection) this.#ended(leaseId);
  }

  cancel(): void {
    if (this.connector.cancel === undefined) return;
    this.connector.cancel();
    this.#count('cancels');
  }

  close(drainMs: number): void {
    if (this.state === 'closing' || this.state === 'closed') return;
    this.state = 'closing';
    void this.pool.close({ drainMs }).then(() => (this.state = 'closed'));
  }

  /** What Prometheus' text must say of this pool, line by line. */
  expected(
    label: string,
    options: { readonly size: number; readonly maxOverflow: number; readonly minIdle: number },
  ): Map<string, number> {
    const lines = new Map<string, number>();
    if (this.state === 'closed') return lines;
    const set = (name: string, value: number, more = ''): void =>
      void lines.set(`${name}{db_client_connection_pool_name="${label}"${more}}`, value);
    const { idle, used, connecting, pending } = this.#gauges();
    set('db_client_connection_count', idle, ',db_client_connection_state="idle"');
    set('db_client_connection_count', used, ',db_client_connection_state="used"');
    set('db_client_connection_max', options.size + options.maxOverflow);
    set('db_client_connection_idle_max', options.size);
    set('db_client_connection_idle_min', options.minIdle);
    set('db_client_connection_pending_requests', pending.length);
    set('db_client_connection_timeouts_total', this.#of('timeout'));
    this.#expectHistograms(set);
    const states = { idle, used, connecting, resetting: 0, closing: 0, lost: 0 };
    for (const [state, value] of Object.entries(states))
      set('lifeguard_connections', value, `,state="${state}"`);
    set('lifeguard_connection_overflow', Math.max(0, idle + used + connecting - options.size));
    for (const outcome of ['opened', 'failed'])
      set('lifeguard_connects_total', this.#of(outcome), `,outcome="${outcome}"`);
    for (const outcome of ['served', 'timeout', 'aborted', 'shed', 'deadlock', 'rejected'])
      set('lifeguard_acquires_total', this.#of(outcome), `,outcome="${outcome}"`);
    const oldest = Math.min(this.#clock.now(), ...pending.map(({ startedAt }) => startedAt));
    set('lifeguard_acquire_oldest_wait_seconds', (this.#clock.now() - oldest) / 1_000);
    set('lifeguard_acquire_timeout_seconds', 30);
    set('lifeguard_leak_suspected', [...this.#held.values()].filter(({ isReported }) => isReported).length);
    for (const state of ['open', 'suspended', 'closing'])
      set('lifeguard_pool_state', Number(this.state === state), `,state="${state}"`);
    const totals = {
      lifeguard_connection_closed_total: 'closed',
      lifeguard_ping_failures_total: 'ping-failed',
      lifeguard_cancels_total: 'cancels',
      lifeguard_acquire_nested_total: 'nested',
      lifeguard_deadlocks_total: 'deadlock',
      lifeguard_leak_returned_late_total: 'returned late',
      lifeguard_lease_revoked_total: 'revoked',
      lifeguard_lease_reclaimed_total: 'reclaimed',
    };
    for (const [name, what] of Object.entries(totals)) set(name, this.#of(what));
    set('lifeguard_leaks_total', this.#reports.size);
    set('lifeguard_session_timeouts_total', this.#sessionTimeouts.size);
    return lines;
  }

  #gauges(): { idle: number; used: number; connecting: number; pending: readonly Attempt[] } {
    const used = this.#held.size;
    return {
      used,
      idle: this.#of('opened') - this.#of('closed') - used,
      connecting: this.connector.pending.filter(({ kind }) => kind === 'connect').length,
      pending: this.attempts.filter(({ status }) => status === 'pending'),
    };
  }

  #expectHistograms(set: (name: string, value: number, more?: string) => void): void {
    const bounds = ['0.001', '0.005', '0.01', '0.05', '0.1', '0.5', '1', '5', '10', '+Inf'];
    for (const [kind, durations] of Object.entries({
      create: this.#creates,
      wait: this.#waits,
      use: this.#holds,
    })) {
      const name = `db_client_connection_${kind}_time_seconds`;
      const buckets = bucketsOf(durations);
      bounds.forEach((le, index) => set(`${name}_bucket`, buckets[index] as number, `,le="${le}"`));
      set(`${name}_sum`, durations.reduce((sum, each) => sum + each, 0) / 1_000);
      set(`${name}_count`, durations.length);
    }
  }

  #refused(attempt: Attempt, timeoutMs: number, error: unknown): void {
    attempt.status = 'refused';
    if (this.#timeouts.has(error)) {
      this.#waits.push(Math.max(timeoutMs, this.#clock.now() - attempt.startedAt));
      return;
    }
    const isAbort = error === attempt.controller.signal.reason || error instanceof SessionTimeoutError;
    this.#count(isAbort && attempt.hasWaited ? 'aborted' : 'rejected');
    if (isAbort && attempt.hasWaited) this.#noteSession(error);
  }

  #ended(leaseId: number): void {
    const held = this.#held.get(leaseId);
    if (held === undefined) return;
    this.#held.delete(leaseId);
    this.#holds.push(this.#clock.now() - held.since);
  }

  #closed(reason: CloseReason): void {
    this.#count('closed');
    if (reason === 'ping-failed') this.#count(reason);
  }

  #noteSession(cause: unknown): void {
    if (cause instanceof SessionTimeoutError) this.#sessionTimeouts.add(cause);
  }

  #count(what: string): void {
    this.#counts.set(what, this.#of(what) + 1);
  }

  #of(what: string): number {
    return this.#counts.get(what) ?? 0;
  }
}
