import type { LeaseRecord } from '@lifeguard/core';
import type { Agenda } from './agenda.ts';
import type { Judge } from './judge.ts';
import type { Trace } from './trace.ts';
import { WireConnection } from './wire-connection.ts';
import type { QueryKind, WireQuery } from './wire-connection.ts';

/** How long a cancel request is on its way. */
const CANCEL_MS = 3;

/** What the server is made with. */
export interface ServerParts {
  readonly now: () => number;
  readonly agenda: Agenda;
  readonly trace: Trace;
  readonly judge: Judge;
}

/** The other end of all wires: it runs statements one by one, and sees who sends what. */
export class Server {
  readonly connections: WireConnection[] = [];
  /** Those that still count for something. */
  readonly live: Set<WireConnection> = new Set();
  readonly #parts: ServerParts;

  constructor(parts: ServerParts) {
    this.#parts = parts;
  }

  begin(generation: number): WireConnection {
    const connection = new WireConnection(this.connections.length + 1, this.#parts.now(), generation);
    this.connections.push(connection);
    this.live.add(connection);
    return connection;
  }

  /** Sends a statement under a lease, as an adapter does. */
  send(connection: WireConnection, record: LeaseRecord, kind: QueryKind, takesMs: number): Promise<void> {
    const { judge, trace, now } = this.#parts;
    if (connection.record !== record || connection.phase !== 'lent')
      judge.broken(
        'I3',
        `lease #${record.id} reached the wire of c${connection.id}, which is ${connection.phase}`,
      );
    trace.note(now(), 'query', `c${connection.id} l${record.id} ${kind} ${takesMs}`);
    record.queryStarted(kind);
    return new Promise((resolve, reject) => {
      connection.queries.push({ epoch: connection.epoch, kind, takesMs, resolve, reject });
      if (connection.queries.length === 1) this.#run(connection);
    });
  }

  /**
   * Sends a cancel request, which hits whatever the backend runs when it arrives. `then` runs when the server has closed
   * its socket.
   */
  cancel(connection: WireConnection, epoch: number, then: () => void): void {
    const { agenda, judge, trace, now } = this.#parts;
    connection.fences += 1;
    agenda.arrive('cancel', CANCEL_MS, () => {
      const [running] = connection.queries;
      if (running !== undefined && running.epoch !== epoch)
        judge.broken('I11', `a cancel for epoch ${epoch} of c${connection.id} hit epoch ${running.epoch}`);
      if (running !== undefined) {
        trace.note(now(), 'cancelled', `c${connection.id}`);
        this.#answer(connection, new Error('57014'));
      }
      connection.fences -= 1;
      then();
    });
  }

  /** The socket is gone: everything that waits for an answer is told. */
  drop(connection: WireConnection, phase: 'closed' | 'dead'): void {
    connection.phase = phase;
    connection.endedAt = this.#parts.now();
    for (const query of connection.queries.splice(0)) query.reject(new Error('connection ended'));
  }

  forgetEnded(): void {
    for (const each of this.live)
      if ((each.phase === 'closed' || each.phase === 'dead') && !each.isEnding && !each.isLost)
        this.live.delete(each);
  }

  #run(connection: WireConnection): void {
    const query = connection.queries[0] as WireQuery;
    if (query.takesMs === Infinity) return;
    this.#parts.agenda.arrive('answer', query.takesMs, () => {
      if (connection.queries[0] === query) this.#answer(connection);
    });
  }

  #answer(connection: WireConnection, error?: Error): void {
    const query = connection.queries.shift() as WireQuery;
    connection.transaction = after(query.kind, connection.transaction, error !== undefined);
    if (query.epoch === connection.epoch && connection.phase === 'lent')
      connection.record?.queryEnded(connection.transaction);
    if (error !== undefined) query.reject(error);
    else if (query.kind === 'bad') query.reject(new Error('42601'));
    else query.resolve();
    if (connection.queries.length > 0) this.#run(connection);
  }
}

function after(kind: QueryKind, before: WireConnection['transaction'], failed: boolean): typeof before {
  if (failed || kind === 'bad') return before === 'none' ? 'none' : 'failed';
  if (kind === 'begin') return 'open';
  return kind === 'commit' ? 'none' : before;
}
