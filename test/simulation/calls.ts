import type { Session } from '@lifeguard/core';
import type { Hold } from './holds.ts';
import type { WireConnection } from './wire-connection.ts';

/** One call of `acquire`, and what became of it. */
export interface Call {
  readonly id: number;
  /** Given to the pool as its label, by which the connector knows whom it lends to. */
  readonly label: string;
  readonly startedAt: number;
  readonly deadlineAt: number;
  readonly controller: AbortController | undefined;
  readonly session: Session | undefined;
  /** The hold whose block made this call, and whether that block awaits it. */
  readonly nestedIn: Hold | undefined;
  readonly isAwaited: boolean;
  /** How many waited, and how many leases were open, when it was called. */
  readonly waitingBefore: number;
  readonly heldBefore: number;
  /** How many connections there might be then. */
  readonly maxBefore: number;
  /** Calls that were under way when a listener of theirs made this one: it is in the queue before them. */
  readonly madeInside: readonly Call[];
  state: 'waiting' | 'granted' | 'refused';
  /** Set in the moment of the grant; the caller hears of it a little later. */
  lent: WireConnection | undefined;
}

/** What a call is begun with. */
export type CallStart = Pick<
  Call,
  | 'deadlineAt'
  | 'startedAt'
  | 'controller'
  | 'session'
  | 'nestedIn'
  | 'isAwaited'
  | 'heldBefore'
  | 'maxBefore'
>;

/** All calls of `acquire`: each must settle once. */
export class CallBook {
  readonly all: Call[] = [];
  readonly granted: Call[] = [];
  readonly refused: Call[] = [];
  /** In the order in which they were made. */
  readonly waiting: Set<Call> = new Set();
  /** Whose synchronous part is running. */
  readonly #entering: Call[] = [];

  begin(start: CallStart): Call {
    const id = this.all.length + 1;
    const call: Call = {
      ...start,
      id,
      label: `a${id}`,
      waitingBefore: [...this.waiting].filter((each) => each.lent === undefined).length,
      madeInside: [...this.#entering],
      state: 'waiting',
      lent: undefined,
    };
    this.all.push(call);
    this.waiting.add(call);
    return call;
  }

  /** Runs the synchronous part of an acquire. */
  enter<T>(call: Call, acquire: () => T): T {
    this.#entering.push(call);
    try {
      return acquire();
    } finally {
      this.#entering.pop();
    }
  }

  byLabel(label: string | undefined): Call | undefined {
    return this.all[Number(label?.slice(1)) - 1];
  }

  settle(call: Call, state: 'granted' | 'refused'): void {
    call.state = state;
    this.waiting.delete(call);
    this[state].push(call);
  }
}
