import type {
  CloseManner,
  CloseOutcome,
  Cleanliness,
  ConnectContext,
  ConnectFailure,
  Connector,
} from '../connector.ts';
import type { LeaseRevokedError } from '../errors.ts';

/** A connection that is only an object; tests set what it does. */
export class FakeConnection {
  readonly id: number;
  /** What the next release finds. */
  cleanliness: Cleanliness = 'clean';
  revokedWith: LeaseRevokedError | undefined;
  closedBy: CloseManner | undefined;
  /** Makes it die by itself. */
  die: (error?: Error) => void = () => undefined;

  constructor(id: number) {
    this.id = id;
  }
}

/** How one kind of call behaves: succeed at once, fail at once, or wait for {@link FakeConnector.finish}. */
export type FakeOutcome<T = undefined> = 'ok' | 'hang' | Error | { readonly value: T };

interface Pending {
  readonly kind: 'connect' | 'ping' | 'reset' | 'close';
  readonly connection: FakeConnection;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** A scripted connector: no sockets, no time. What it was asked to do is kept for the test to look at. */
export class FakeConnector implements Connector<FakeConnection> {
  /** What the next calls do; change it at any time. */
  onConnect: FakeOutcome = 'ok';
  onPing: FakeOutcome = 'ok';
  onReset: FakeOutcome = 'ok';
  onClose: FakeOutcome<CloseOutcome> = 'ok';
  /** What is done about the server's side of a connection that has died; `undefined`: nothing. */
  onDeath: FakeOutcome<CloseOutcome> | undefined;
  /** Messages of connect errors that count as fatal. */
  readonly fatal: Set<string> = new Set();
  /** Everything that was opened, in order. */
  readonly opened: FakeConnection[] = [];
  readonly closed: FakeConnection[] = [];
  connects = 0;
  pings = 0;
  resets = 0;
  /** Says of a lost connection that its backend is gone after all. */
  readonly foundGone: Map<FakeConnection, () => void> = new Map();
  #pending: Pending[] = [];

  /** Calls that wait for {@link FakeConnector.finish}. */
  get pending(): readonly { readonly kind: Pending['kind']; readonly connection: FakeConnection }[] {
    return this.#pending;
  }

  /** Connections that a server would see. */
  get alive(): number {
    return this.opened.length - this.closed.length;
  }

  async connect(context: ConnectContext): Promise<FakeConnection> {
    this.connects += 1;
    const connection = new FakeConnection(this.connects);
    connection.die = (error = new Error('socket closed')) => {
      if (this.closed.includes(connection)) return;
      this.closed.push(connection);
      context.onDisconnect(error);
    };
    await this.#act('connect', connection, this.onConnect, context.signal);
    this.opened.push(connection);
    return connection;
  }

  async ping(connection: FakeConnection): Promise<void> {
    this.pings += 1;
    await this.#act('ping', connection, this.onPing);
  }

  inspect(connection: FakeConnection): Cleanliness {
    return connection.cleanliness;
  }

  async reset(connection: FakeConnection): Promise<void> {
    this.resets += 1;
    await this.#act('reset', connection, this.onReset);
    connection.cleanliness = 'clean';
  }

  revoke(connection: FakeConnection, error: LeaseRevokedError): void {
    connection.revokedWith = error;
  }

  async close(connection: FakeConnection, manner: CloseManner): Promise<CloseOutcome> {
    connection.closedBy = manner;
    const outcome = await this.#conclude(connection, this.onClose);
    if (!this.closed.includes(connection)) this.closed.push(connection);
    return outcome;
  }

  afterDeath(connection: FakeConnection): Promise<CloseOutcome> | undefined {
    return this.onDeath === undefined ? undefined : this.#conclude(connection, this.onDeath);
  }

  whenGone(connection: FakeConnection): Promise<void> {
    return new Promise((resolve) => this.foundGone.set(connection, resolve));
  }

  explainFailure(error: unknown): ConnectFailure {
    return { fatal: error instanceof Error && this.fatal.has(error.message) };
  }

  /** Lets the oldest waiting call of this kind end, well or with `error`. Returns false when none waits. */
  finish(kind: Pending['kind'], error?: Error): boolean {
    const index = this.#pending.findIndex((call) => call.kind === kind);
    const [call] = index < 0 ? [] : this.#pending.splice(index, 1);
    if (call === undefined) return false;
    if (error === undefined) call.resolve();
    else call.reject(error);
    return true;
  }

  async #conclude(connection: FakeConnection, outcome: FakeOutcome<CloseOutcome>): Promise<CloseOutcome> {
    const isValue = typeof outcome === 'object' && 'value' in outcome;
    await this.#act('close', connection, isValue ? 'ok' : outcome);
    return isValue ? outcome.value : 'gone';
  }

  #act(
    kind: Pending['kind'],
    connection: FakeConnection,
    outcome: FakeOutcome,
    signal?: AbortSignal,
  ): Promise<void> {
    if (outcome instanceof Error) return Promise.reject(outcome);
    if (outcome !== 'hang') return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#pending.push({ kind, connection, resolve, reject });
      signal?.addEventListener('abort', () => {
        this.#pending = this.#pending.filter((call) => call.connection !== connection || call.kind !== kind);
        reject(new Error('the attempt was given up'));
      });
    });
  }
}
