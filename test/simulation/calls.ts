import type { AcquirePriority, Session } from '@lifeguard/core';
import type { Hold } from './holds.ts';
import type { WireConnection } from './wire-connection.ts';

/** One call of `acquire`, and what became of it. */
export interface Call {
  readonly id: number;
  /** Given to the pool as its label, by which the connector knows whom it lends to. */
  readonly label: string;
  readonly startedAt: number;
  readonly deadlineAt: number;
  /** When the innermost session around it ends; `Infinity` for none. */
  readonly sessionEndsAt: number;
  /** How urgent it is, and on whose behalf, by its own word or that of its session. */
  readonly priority: AcquirePriority;
  readonly tenant: string | undefined;
  readonly controller: AbortController | undefined;
  readonly session: Session | undefined;
  /** The hold whose block made this call, and whether that block awaits it. */
  readonly nestedIn: Hold | undefined;
  readonly isAwaited: boolean;
  /** Who waited, and how many leases were open, when it was called. Of those who waited some may have been on the way out. */
  readonly before: readonly Call[];
  readonly heldBefore: number;
  /** The same without those that were just being given back. */
  readonly openBefore: number;
  /** How many waited then by the pool's own account. */
  readonly pendingBefore: number;
  /** The step in which it was called, and the one in which its caller heard of the end of it; `Infinity` before. */
  readonly step: number;
  endedIn: number;
  /** How many leases had been given when it was in the queue. */
  grantsBefore: number;
  /** A mean lease of those known when it came, at least. */
  readonly leastHold: number;
  /** No other call was made inside of it, nor it inside of one. */
  isPlain: boolean;
  /** It was not given a connection at once. */
  foundNone: boolean;
  /** The code of the error, once it is refused. */
  refusedWith: string | undefined;
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
  | 'sessionEndsAt'
  | 'priority'
  | 'tenant'
  | 'startedAt'
  | 'controller'
  | 'session'
  | 'nestedIn'
  | 'isAwaited'
  | 'heldBefore'
  | 'openBefore'
  | 'pendingBefore'
  | 'step'
  | 'leastHold'
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
  /** Leases given so far. */
  grants = 0;

  begin(start: CallStart): Call {
    const id = this.all.length + 1;
    const call: Call = {
      ...start,
      id,
      label: `a${id}`,
      before: [...this.waiting].filter((each) => each.lent === undefined),
      madeInside: [...this.#entering],
      isPlain: this.#entering.length === 0,
      state: 'waiting',
      lent: undefined,
      endedIn: Infinity,
      grantsBefore: this.grants,
      foundNone: false,
      refusedWith: undefined,
    };
    for (const outer of this.#entering) outer.isPlain = false;
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
      call.grantsBefore = this.grants;
      call.foundNone = call.lent === undefined || call.before.length > 0;
    }
  }

  /** Whether its synchronous part is running: it may not be in the queue yet. */
  isEntering(call: Call): boolean {
    return this.#entering.includes(call);
  }

  byLabel(label: string | undefined): Call | undefined {
    return this.all[Number(label?.slice(1)) - 1];
  }

  settle(call: Call, state: 'granted' | 'refused', step: number): void {
    call.state = state;
    call.endedIn = step;
    this.waiting.delete(call);
    this[state].push(call);
  }
}
