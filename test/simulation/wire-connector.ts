import type {
  CloseManner,
  CloseOutcome,
  Cleanliness,
  ConnectContext,
  ConnectFailure,
  Connector,
  LeaseRecord,
  LeaseRevokedError,
} from '@lifeguard/core';
import type { Draw } from './draw.ts';
import type { Judge } from './judge.ts';
import type { DrawnOptions, FaultMix } from './plan.ts';
import type { Server, ServerParts } from './server.ts';
import type { WireConnection, WirePhase } from './wire-connection.ts';

/** What the connector tells the world, in the moment in which it happens. */
export interface WireListener {
  lent(connection: WireConnection, record: LeaseRecord): void;
  connectBegun(connection: WireConnection): void;
  connectEnded(connection: WireConnection, failure: unknown): void;
  /** The pool took it back from its holder, who had let go of it. */
  returned(connection: WireConnection): void;
  revoked(connection: WireConnection, error: LeaseRevokedError): void;
  /** Before anything is done about it. */
  closing(connection: WireConnection, manner: CloseManner): void;
  died(connection: WireConnection): void;
}

/** What a {@link WireConnector} works with. */
export interface ConnectorParts extends ServerParts {
  readonly server: Server;
  readonly draw: Draw;
  readonly options: DrawnOptions;
  readonly listener: WireListener;
  /** The faults of now. */
  readonly faults: () => FaultMix;
  /** No connect succeeds. */
  readonly isDown: () => boolean;
  readonly generation: () => number;
}

type Ending = 'ok' | 'fail' | 'hang';

/** Plays a driver: follows the pool's orders over the wires, fails as the seed wants, and judges every order it gets. */
export class WireConnector implements Connector<WireConnection> {
  readonly #parts: ConnectorParts;
  readonly #judge: Judge;

  constructor(parts: ConnectorParts) {
    this.#parts = parts;
    this.#judge = parts.judge;
  }

  connect(context: ConnectContext): Promise<WireConnection> {
    const { server, generation, listener } = this.#parts;
    const connection = server.begin(generation());
    connection.onDisconnect = context.onDisconnect;
    this.#note('connect', connection);
    listener.connectBegun(connection);
    const fail = (error: Error): Error => {
      if (connection.phase !== 'connecting') return error;
      connection.isEnded = connection.isAbandoned;
      server.drop(connection, 'dead');
      if (!connection.isAbandoned) listener.connectEnded(connection, error);
      return error;
    };
    if (this.#mayThrow('connect')) throw fail(new Error('connect threw'));
    return new Promise((resolve, reject) => {
      const isDeaf = this.#draws('connectDeaf');
      context.signal.addEventListener('abort', () => {
        if (connection.phase !== 'connecting') return;
        this.#note('connect-abandoned', connection);
        connection.isAbandoned = true;
        connection.closeBegunAt = this.#parts.now();
        listener.connectEnded(connection, context.signal.reason);
        if (!isDeaf) reject(fail(new Error('given up')));
      });
      this.#play(connection, this.#planConnect(), resolve, (error) => reject(fail(error)));
    });
  }

  ping(connection: WireConnection): Promise<void> {
    this.#enter(connection, 'pinging', ['free']);
    return this.#work(connection, 'ping', 'pinging', () => undefined);
  }

  reset(connection: WireConnection): Promise<void> {
    this.#enter(connection, 'resetting', ['returned']);
    this.#judge.expect(!connection.isBroken, 'I9', () => `c${connection.id} is cleaned, though broken`);
    if (connection.queries.length > 0)
      this.#parts.server.cancel(connection, connection.epoch, () => undefined);
    return this.#work(connection, 'reset', 'resetting', () => {
      for (const query of connection.queries.splice(0)) query.reject(new Error('rolled back'));
      connection.transaction = 'none';
      connection.idleSince = this.#parts.now();
    });
  }

  lend(connection: WireConnection, record: LeaseRecord): void {
    const { id, queries, fences, transaction } = connection;
    this.#enter(connection, 'lent', ['free']);
    this.#judge.expect(transaction === 'none', 'I9', () => `c${id} is granted in a transaction`);
    this.#judge.expect(queries.length === 0, 'I10', () => `c${id} is granted with a query under way`);
    this.#judge.expect(fences === 0, 'I11', () => `c${id} is granted with a cancel under way`);
    connection.epoch += 1;
    connection.record = record;
    this.#parts.listener.lent(connection, record);
    connection.uses += 1;
    if (this.#draws('hookThrows')) throw new Error('lend threw');
  }

  inspect(connection: WireConnection): Cleanliness {
    this.#enter(connection, 'returned', ['lent']);
    this.#parts.listener.returned(connection);
    connection.record = undefined;
    connection.isBroken = true;
    if (this.#draws('hookThrows')) throw new Error('inspect threw');
    const isClean =
      connection.queries.length === 0 && connection.fences === 0 && connection.transaction === 'none';
    if (this.#draws('returnsBroken')) return 'broken';
    connection.isBroken = false;
    if (!isClean) return 'dirty';
    connection.phase = 'free';
    connection.provenAt = connection.idleSince = this.#parts.now();
    return 'clean';
  }

  revoke(connection: WireConnection, error: LeaseRevokedError): void {
    this.#enter(connection, 'revoked', ['lent']);
    this.#parts.listener.revoked(connection, error);
    if (this.#draws('hookThrows')) throw new Error('revoke threw');
  }

  close(connection: WireConnection, manner: CloseManner): Promise<CloseOutcome> {
    const { now, server } = this.#parts;
    this.#parts.listener.closing(connection, manner);
    const legal: WirePhase[] = ['free', 'lent', 'returned', 'pinging', 'resetting', 'revoked'];
    if (connection.phase !== 'dead' && !connection.isAbandoned) this.#enter(connection, 'closing', legal);
    else this.#judge.expect(connection.phase !== 'closing', 'I12', () => `c${connection.id} is closed twice`);
    if (connection.record !== undefined) this.#parts.listener.returned(connection);
    this.#note('close', connection, manner);
    if (Number.isNaN(connection.closeBegunAt)) connection.closeBegunAt = now();
    if (connection.phase !== 'dead') connection.phase = 'closing';
    connection.record = undefined;
    if (manner === 'cancel-first' && connection.queries.length > 0)
      server.cancel(connection, connection.epoch, () => undefined);
    if (this.#mayThrow('close')) {
      connection.isEnded = connection.isLost = true;
      throw new Error('close threw');
    }
    return new Promise((resolve, reject) => this.#playClose(connection, resolve, reject));
  }

  explainFailure(error: unknown): ConnectFailure {
    if (this.#draws('hookThrows')) throw new Error('explainFailure threw');
    return { fatal: error instanceof Error && error.message === 'fatal' };
  }

  /** The connection dies by itself. */
  kill(connection: WireConnection): void {
    const { server, listener } = this.#parts;
    this.#note(`died-${connection.phase}`, connection);
    const wasClosing = connection.phase === 'closing';
    server.drop(connection, 'dead');
    connection.record = undefined;
    if (!wasClosing) listener.died(connection);
    connection.onDisconnect(new Error('socket closed'));
  }

  #planConnect(): { readonly ending: Ending; readonly ms: number; readonly error: Error } {
    const { draw, isDown } = this.#parts;
    const ms = this.#draws('connectSlow') ? draw.between(50, 600) : draw.pick([0, 1, 4, 10]);
    if (this.#draws('connectHangs')) return { ending: 'hang', ms, error: new Error('') };
    const isFatal = this.#draws('connectFatal');
    const fails = isFatal || isDown() || this.#draws('connectFails');
    return { ending: fails ? 'fail' : 'ok', ms, error: new Error(isFatal ? 'fatal' : 'refused') };
  }

  #play(
    connection: WireConnection,
    plan: { readonly ending: Ending; readonly ms: number; readonly error: Error },
    resolve: (connection: WireConnection) => void,
    reject: (error: Error) => void,
  ): void {
    if (plan.ending === 'hang') return;
    const fail = (): void => {
      if (connection.phase !== 'connecting') return;
      this.#note('connect-failed', connection, plan.error.message);
      reject(plan.error);
    };
    const succeed = (): void => {
      if (connection.phase !== 'connecting') return;
      this.#note('connected', connection);
      const { now, listener } = this.#parts;
      connection.phase = 'free';
      connection.openedAt = connection.provenAt = connection.idleSince = now();
      connection.isStillborn = this.#draws('connectDiesAtOnce');
      const failure = connection.isStillborn ? new Error('died at once') : undefined;
      if (!connection.isAbandoned) listener.connectEnded(connection, failure);
      resolve(connection);
      if (connection.isStillborn) this.kill(connection);
    };
    const then = plan.ending === 'fail' ? fail : succeed;
    this.#parts.agenda.arrive(`connect c${connection.id}`, plan.ms, then, fail);
  }

  /** A ping or a reset: it ends in its time, fails, or never ends. */
  #work(
    connection: WireConnection,
    what: 'ping' | 'reset',
    phase: WirePhase,
    done: () => void,
  ): Promise<void> {
    const { draw, agenda, now } = this.#parts;
    this.#note(what, connection);
    if (this.#mayThrow(what)) throw new Error(`${what} threw`);
    const ending = this.#drawEnding(`${what}Hangs`, `${what}Fails`);
    const ms = draw.pick([0, 2, 5, 20, 60]);
    return new Promise((resolve, reject) => {
      const end = (): void => {
        if (ending === 'fail' || connection.phase === 'dead') return reject(new Error(`${what} failed`));
        if (connection.phase !== phase) return resolve();
        // The cancel must be over before the connection may serve again.
        if (connection.fences > 0) return agenda.arrive(what, 1, end);
        done();
        this.#note(`${what}-done`, connection);
        connection.phase = 'free';
        connection.provenAt = now();
        resolve();
      };
      if (ending !== 'hang')
        agenda.arrive(`${what} c${connection.id}`, ms, end, () => reject(new Error(`${what} failed`)));
    });
  }

  #playClose(
    connection: WireConnection,
    resolve: (outcome: CloseOutcome) => void,
    reject: (error: Error) => void,
  ): void {
    const { draw, agenda, options, server } = this.#parts;
    const ending = this.#drawEnding('closeHangs', 'closeFails');
    const isLost = this.#draws('closeLost');
    const isSlow = this.#draws('closeSlow');
    const ms = isSlow ? options.closeTimeoutMs + draw.between(5, 300) : draw.pick([0, 2, 10]);
    if (ending === 'hang') return;
    const fail = (): void => {
      connection.isEnded = connection.isLost = true;
      reject(new Error('close failed'));
    };
    const succeed = (): void => {
      connection.isEnded = true;
      if (isLost) connection.isLost = true;
      else if (connection.phase !== 'dead') server.drop(connection, 'closed');
      this.#note(isLost ? 'lost' : 'closed', connection);
      resolve(isLost ? 'lost' : 'gone');
    };
    agenda.arrive(`close c${connection.id}`, ms, ending === 'fail' ? fail : succeed, fail);
  }

  #enter(connection: WireConnection, phase: WirePhase, from: readonly WirePhase[]): void {
    this.#judge.expect(
      from.includes(connection.phase),
      'I3',
      () => `c${connection.id} becomes ${phase} while it is ${connection.phase}`,
    );
    connection.phase = phase;
  }

  #drawEnding(hangs: keyof FaultMix, fails: keyof FaultMix): Ending {
    if (this.#draws(hangs)) return 'hang';
    return this.#draws(fails) ? 'fail' : 'ok';
  }

  #draws(fault: keyof FaultMix): boolean {
    // Drawn also where it cannot happen, so that the histories of two mixes run alike for as long as they can.
    return this.#parts.draw.next() < this.#parts.faults()[fault];
  }

  #mayThrow(call: string): boolean {
    if (!this.#draws('callThrows')) return false;
    this.#parts.trace.note(this.#parts.now(), `${call}-threw`);
    return true;
  }

  #note(kind: string, connection: WireConnection, details = ''): void {
    this.#parts.trace.note(this.#parts.now(), kind, `c${connection.id} ${details}`);
  }
}
