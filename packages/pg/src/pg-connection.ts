import { inspect } from 'node:util';
import type { InspectOptions } from 'node:util';
import { isLifeguardError } from '@lifeguard/core';
import type { Cleanliness, Clock, LeaseRecord, LeaseRevokedError, TransactionStatus } from '@lifeguard/core';
import { ROLLED_BACK, answerCall, usedAfterRelease } from './answer-call.ts';
import { isTextOnly, sendBegin } from './begin-call.ts';
import { cancelRequest } from './cancel-request.ts';
import type { CancelOutcome } from './cancel-request.ts';
import { endedByLimit } from './ended-by-limit.ts';
import type { DriverClient, ReadyStatus, Submittable } from './driver-types.ts';
import { explainLost } from './explain-error.ts';
import { hasQueuedQueries } from './has-queued-queries.ts';
import type { PoolerWatch } from './pooler-watch.ts';
import { callbackOf, readQueryCall } from './query-call.ts';
import type { QueryCall } from './query-call.ts';
import { altersSession } from './session-state.ts';
import { settleInFlight } from './settle-in-flight.ts';
import { StatementWatch } from './statement-watch.ts';
import { TransactionLimits } from './transaction-limits.ts';
import { isBegin, isFullRollback } from './transaction-statement.ts';

/** Who may send queries now. `opening`: the connect hooks; `leased`: the holder of the record; otherwise nobody. */
type Phase =
  | { readonly kind: 'opening' }
  | { readonly kind: 'idle' }
  | { readonly kind: 'leased'; readonly record: LeaseRecord }
  | { readonly kind: 'revoked'; readonly error: LeaseRevokedError };

/** How a {@link PgConnection} is made. */
interface PgConnectionOptions {
  readonly clock: Clock;
  readonly pooler: PoolerWatch;
  /** Whether the next holder may find what the one before has set. */
  readonly keepsSessionState: boolean;
  /** Whether its `application_name` says which process it belongs to. */
  readonly isTagged: boolean;
  /** The server was asked to cancel what runs. */
  readonly onCancelSent?: () => void;
}

/** `read_only_sql_transaction` */
const READ_ONLY = '25006';

interface ParameterStatus {
  readonly parameterName: string;
  readonly parameterValue: string;
}

const OPENING: Phase = Object.freeze({ kind: 'opening' });
const IDLE: Phase = Object.freeze({ kind: 'idle' });

const TRANSACTION: Readonly<Record<ReadyStatus, TransactionStatus>> = { I: 'none', T: 'open', E: 'failed' };

/**
 * One `pg.Client` and what we know of it. The client object stays the same for the whole life of the connection (Kysely,
 * TypeORM and users keep state on it), so it cannot be taken away from a former holder; instead its `query` asks here
 * first, and refuses when the caller has no lease.
 */
export class PgConnection {
  readonly client: DriverClient;
  /** What the server allows a transaction, and what it is told to allow one in a session with a deadline. */
  readonly limits: TransactionLimits = new TransactionLimits();
  readonly #statement: StatementWatch;
  readonly #pooler: PoolerWatch;
  readonly #clock: Clock;
  /** When the last holder gave it back; kept behind a pooler only. */
  #returnedAt = -Infinity;
  readonly #keepsSessionState: boolean;
  /** Its `application_name` says which process it belongs to. */
  readonly #isTagged: boolean;
  readonly #onCancelSent: (() => void) | undefined;
  #send: DriverClient['query'] = () => Promise.reject(new Error('not connected'));
  #phase: Phase = OPENING;
  #status: ReadyStatus | undefined;
  #dead = false;
  #leaving = false;
  #inDoubt = false;
  /** A holder has changed what the backend session keeps, and the next one must not find it. */
  #isAltered = false;
  /** What the server has said since it was last ready; when nothing more comes, it is why it has gone. */
  #lastError: Error | undefined;
  /** A cancel request that the server may not have taken yet. */
  #fence: Promise<CancelOutcome> | undefined;
  #isStandby: boolean | undefined;
  /** The last cursor or stream; closed for a holder who has left it open. */
  #cursor: Submittable | undefined;
  #quietListeners: (() => void)[] = [];
  /** The server was ready after what was sent last. */
  #isAnswered = true;

  constructor(client: DriverClient, options: PgConnectionOptions) {
    this.client = client;
    this.#pooler = options.pooler;
    this.#clock = options.clock;
    this.#keepsSessionState = options.keepsSessionState;
    this.#isTagged = options.isTagged;
    this.#onCancelSent = options.onCancelSent;
    this.#statement = new StatementWatch(options.clock);
    // Told in the handshake, and again when a standby is promoted.
    client.connection?.on('parameterStatus', ({ parameterName, parameterValue }: ParameterStatus) => {
      if (parameterName === 'in_hot_standby') this.#isStandby = parameterValue === 'on';
    });
  }

  /**
   * The handshake is over. `onEnding`: the server has said why it ends the connection, though its socket is still open.
   * `onWriteRefused`: it has refused a statement that would have written.
   */
  connected(onEnding: (error: Error) => void, onWriteRefused: () => void): void {
    const { client } = this;
    this.#send = client.query.bind(client);
    client.query = (query, values, callback) => this.#query(readQueryCall(query, values, callback));
    // Before pg's own listener, which runs the callback of the query: that may give the connection back.
    client.connection?.prependListener('readyForQuery', ({ status }: { status?: ReadyStatus }) => {
      this.#status = status;
      this.#lastError = undefined;
      this.#ready();
    });
    client.connection?.prependListener('errorMessage', (error: Error) => this.#failed(error));
    // After pg's own, so that what is running has its error first.
    client.connection?.on('errorMessage', (error: Error) => {
      if (endedByLimit(error) !== undefined) onEnding(error);
      else if ((error as { code?: string }).code === READ_ONLY) onWriteRefused();
    });
    // A query that pg refuses to send is over without a word from the server.
    client.on('drain', () => {
      if (!this.#isAnswered) this.#ready();
    });
  }

  /**
   * What is shown of it, in whose events and diagnostics channels it stands: the client holds statements with their parameters,
   * keys, and the number by which its queries can be cancelled.
   */
  toJSON(): object {
    const { busy, transaction } = this;
    return { backendPid: this.client.processID ?? undefined, phase: this.#phase.kind, busy, transaction };
  }

  /** Whether a query is in flight or queued, or a cancel request may still hit one. */
  get busy(): boolean {
    return this.#fence !== undefined || this.#hasQueries();
  }

  /** What the server said of the transaction after the last query. */
  get transaction(): TransactionStatus {
    const status = this.#readStatus();
    return status == null ? 'unknown' : TRANSACTION[status];
  }

  /** Why the server has gone, in its own words, if it had any: the socket just closes. */
  get lastWords(): Error | undefined {
    return this.#lastError;
  }

  /** The pool has heard that it died: with `error` its queries will reject, which says less than is known of it. */
  explainDeath(error: Error): void {
    if (this.#phase.kind !== 'leased') return;
    const { state } = this.#phase.record;
    if (state.kind === 'lost' && isLifeguardError(state.error)) explainLost(error, state.error);
  }

  /** Whether a transaction is open that can be rolled back: what cannot send any more has none. */
  get inTransaction(): boolean {
    return this.#isUsable && (this.transaction === 'open' || this.transaction === 'failed');
  }

  /** Whether the server is a hot standby; `undefined` where it does not say. */
  get isStandby(): boolean | undefined {
    return this.#isStandby;
  }

  get isOpening(): boolean {
    return this.#phase.kind === 'opening';
  }

  get isIdle(): boolean {
    return this.#phase.kind === 'idle';
  }

  /** The connect hooks are through: from now on only holders of a lease may send. */
  opened(): void {
    this.#phase = IDLE;
  }

  lend(record: LeaseRecord): void {
    this.#phase = { kind: 'leased', record };
    this.#cursor = undefined;
    // A pooler has made up the number.
    record.backendPid = this.#pooler.isBehind === true ? undefined : (this.client.processID ?? undefined);
  }

  /** The holder has given it back; looks at what it left behind. */
  takeBack(): Cleanliness {
    if (this.#phase.kind === 'leased') this.#phase = IDLE;
    if (this.#pooler.isBehind === true) this.#returnedAt = this.#clock.coarseNow();
    if (!this.#isUsable || this.#isAltered || this.#isWronglyTagged) return 'broken';
    const status = this.#readStatus();
    return this.busy || status === 'T' || status === 'E' ? 'dirty' : 'clean';
  }

  /** Refuses everything from now on, and settles what is in flight. */
  revoke(error: LeaseRevokedError): void {
    this.#phase = { kind: 'revoked', error };
    settleInFlight(this.client, error);
  }

  /**
   * Asks the server to stop what runs now. Until it has taken the request nothing else is sent: that might be hit instead.
   * After `unknown` the connection must be closed.
   */
  cancel(clock: Clock, limitMs: number): Promise<CancelOutcome> {
    if (this.#fence !== undefined) return this.#fence;
    this.#statement.cancelSent();
    this.#fence = cancelRequest(this.client, clock, limitMs, this.#onCancelSent).then((outcome) => {
      this.#fence = undefined;
      if (outcome === 'unknown') this.#inDoubt = true;
      if (!this.#hasQueries()) this.#statement.cancelSpent();
      this.#tellIfQuiet();
      return outcome;
    });
    return this.#fence;
  }

  /** Closes the cursor or stream that the holder has left open: nothing else would end its query. */
  closeCursor(): void {
    const cursor = this.#cursor;
    this.#cursor = undefined;
    if (cursor === undefined || !this.#hasQueries()) return;
    if (cursor.close !== undefined) cursor.close(() => undefined);
    else cursor.destroy?.();
  }

  /** The pool is about to close it: its end is no news. */
  leave(): void {
    this.#leaving = true;
  }

  /** The socket is gone. Returns false when that was known, or to be expected. */
  died(): boolean {
    if (this.#dead) return false;
    this.#dead = true;
    this.#tellQuiet();
    return !this.#leaving;
  }

  /** Milliseconds since a holder gave it back; without end while nobody has, and where no pooler is in between. */
  get returnedForMs(): number {
    return this.#clock.now() - this.#returnedAt;
  }

  /** Sends a query of our own, whoever holds the connection. */
  send(sql: string): Promise<unknown> {
    return Promise.resolve(this.#send(sql));
  }

  /** Resolves when nothing is in flight any more, or the socket is gone. */
  whenQuiet(): Promise<void> {
    if (!this.busy || this.#dead) return Promise.resolve();
    return new Promise((resolve) => {
      this.#quietListeners.push(resolve);
    });
  }

  get #isUsable(): boolean {
    return !this.#dead && !this.#inDoubt && this.client._queryable !== false && this.client._ending !== true;
  }

  /** Opened before the pooler was known. The next one will have a name that all processes share. */
  get #isWronglyTagged(): boolean {
    return this.#isTagged && this.#pooler.isBehind === true;
  }

  /** A client that does not tell (pg-native) counts as quiet. */
  #hasQueries(): boolean {
    const { client } = this;
    if (client.readyForQuery === undefined) return false;
    return !client.readyForQuery || hasQueuedQueries(client);
  }

  #readStatus(): ReadyStatus | null | undefined {
    return this.#status ?? this.client.getTransactionStatus?.();
  }

  /** What was sent last has been answered, or will not be. pg sends the next query of its queue now, if there is one. */
  #ready(): void {
    this.#isAnswered = true;
    if (this.#fence === undefined) this.#statement.cancelSpent();
    if (this.#status === 'I') this.limits.transactionEnded();
    const running = hasQueuedQueries(this.client) ? 1 : 0;
    if (running > 0) this.#sentNext();
    if (this.#phase.kind === 'leased') this.#phase.record.queryEnded(this.transaction, running);
    // pg looks at its queue when this is over.
    if (this.#quietListeners.length > 0) process.nextTick(() => this.#tellIfQuiet());
  }

  #sentNext(): void {
    this.#isAnswered = false;
    this.#statement.started();
  }

  /** The server has answered with an error: the driver's own object, which the caller will get. */
  #failed(error: Error): void {
    this.#lastError = error;
    if (this.#phase.kind !== 'leased') return;
    const { record } = this.#phase;
    this.#statement.explain(error, record, {
      limitMs: this.limits.statementTimeoutMs,
      sql: this.client._activeQuery?.text,
      behindPooler: this.#pooler.isBehind === true,
    });
    record.session?.statements?.failed(record, error);
  }

  #tellIfQuiet(): void {
    if (!this.busy) this.#tellQuiet();
  }

  #tellQuiet(): void {
    if (this.#quietListeners.length === 0) return;
    const listeners = this.#quietListeners;
    this.#quietListeners = [];
    for (const listener of listeners) listener();
  }

  #query(call: QueryCall): unknown {
    return this.#fence === undefined ? this.#dispatch(call) : this.#dispatchLater(this.#fence, call);
  }

  #dispatch(call: QueryCall): unknown {
    const phase = this.#phase;
    switch (phase.kind) {
      case 'leased':
        if (phase.record.state.kind === 'lost') return answerCall(call, phase.record.state.error);
        // Given back to be closed: what is still to be said to the server is said by us.
        if (phase.record.state.kind === 'released') return answerCall(call, usedAfterRelease());
        return this.#sendUnlessRefused(phase.record, call);
      case 'opening':
        return this.#send(call.query, call.values, call.callback);
      case 'revoked':
        // Whoever tidies up after the revocation has nothing left to do: the transaction ended with the connection.
        if (isFullRollback(call.sql)) return answerCall(call, undefined, ROLLED_BACK);
        return answerCall(call, phase.error);
      case 'idle':
        return answerCall(call, usedAfterRelease());
      default:
        return phase satisfies never;
    }
  }

  /** After the fence, and only if the lease under which it was asked has not ended meanwhile. Resolves as the call would have. */
  #dispatchLater(fence: Promise<unknown>, call: QueryCall): unknown {
    const asked = this.#phase;
    const result = fence.then(() => {
      // By now the connection may serve somebody else, who must not find this in the middle of theirs.
      const isOver = asked.kind === 'leased' && this.#phase !== asked && this.#phase.kind !== 'revoked';
      return isOver ? answerCall(call, usedAfterRelease()) : this.#query(call);
    });
    if (call.submittable === undefined && callbackOf(call) === undefined) return result;
    // What pg throws at once has no promise to reject here.
    result.catch((error: Error) => answerCall(call, error));
    return call.submittable;
  }

  #sendUnlessRefused(record: LeaseRecord, call: QueryCall): unknown {
    const refusal = record.session?.statements?.refusal(record);
    return refusal === undefined ? this.#sendFor(record, call) : answerCall(call, refusal);
  }

  #sendFor(record: LeaseRecord, call: QueryCall): unknown {
    const { sql, submittable } = call;
    this.limits.notice(sql);
    this.#pooler.notice(sql, record);
    if (!this.#keepsSessionState) this.#isAltered ||= altersSession(sql);
    if (!this.#hasQueries()) this.#statement.started();
    this.#isAnswered = false;
    const result = this.#sendLimited(record, call);
    if (submittable !== undefined) this.#cursor = submittable;
    record.queryStarted(sql);
    return result;
  }

  /** A BEGIN takes with it what the server shall allow its transaction: in the same message, so it costs no round trip. */
  #sendLimited(record: LeaseRecord, call: QueryCall): unknown {
    // Without a session there is no deadline that the server could keep.
    const isLimited = record.session !== undefined && this.#beginsTransaction(call);
    const settings = isLimited ? this.limits.settingsFor(record.session) : '';
    if (settings !== '') return sendBegin(this.#send, call, settings);
    return this.#send(call.query, call.values, call.callback);
  }

  #beginsTransaction(call: QueryCall): boolean {
    if (!isBegin(call.sql) || !isTextOnly(call)) return false;
    return this.busy || this.transaction === 'none';
  }
}

// Not a method of the class: its declaration could not name this symbol.
Object.defineProperty(PgConnection.prototype, inspect.custom, {
  value(this: PgConnection, _depth: number, options: InspectOptions): string {
    return `PgConnection ${inspect(this.toJSON(), options)}`;
  },
});
