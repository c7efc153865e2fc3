import type { AnyFunction, Containment } from '@lifeguard/core/adapter';
import { watchProperty } from './property-watch.ts';
import { UNTOLD, answered } from './query-outcome.ts';
import type { QueryOutcome } from './query-outcome.ts';
import type { Backend, StockQuery } from './stock-query.ts';

/** Told of what becomes of one query, in this order; some of it may be left out. */
export interface QueryFollower {
  /** Runs what is called here, and all before it. */
  readonly contain: Pick<Containment, 'run'>;
  /** It is its turn on this connection. */
  granted(backend: Backend): void;
  /** This text is sent, or was. */
  sent(text: string): void;
  /** By which number `onclose` will name that connection. */
  identified(backend: Backend, id: number): void;
  /** Rows of a cursor have come, and whoever reads it has not asked for more yet: nothing is sent in the meantime. */
  paused(): void;
  /** More of its rows are asked for. */
  resumed(): void;
  /** It has been answered, or was given up. */
  ended(outcome: QueryOutcome): void;
}

/**
 * Follows a query that is about to be handed to postgres.js. Its promise is not looked at, since that would start it, and make a
 * rejection look handled: what is watched is what postgres.js itself writes down of it.
 */
export function followQuery(query: StockQuery, follower: QueryFollower): void {
  const followed = new QueryProgress(query, follower);
  watchProperty(query, 'active', {
    written: (value) => follower.contain.run(() => followed.active(value === true)),
  });
  watchProperty(query, 'string', { written: (value) => follower.contain.run(() => followed.text(value)) });
  watchProperty(query, 'resolve', {
    read: (resolve) => (value: unknown) => {
      follower.contain.run(() => followed.resolves(value));
      return Reflect.apply(resolve as AnyFunction, query, [value]);
    },
  });
  watchProperty(query, 'reject', {
    read: (reject) => (error: unknown) => {
      follower.contain.run(() => followed.rejects(error));
      return Reflect.apply(reject as AnyFunction, query, [error]);
    },
  });
  if (query.cursorFn !== undefined) followCursor(query, followed, follower);
  identify(query, follower);
}

/** postgres.js calls it with each lot of rows, and asks for the next one when what it returns is fulfilled. */
function followCursor(query: StockQuery, followed: QueryProgress, follower: QueryFollower): void {
  watchProperty(query, 'cursorFn', {
    read: (read) => (rows: unknown) => {
      follower.contain.run(() => followed.pauses());
      const asked: unknown = Reflect.apply(read as AnyFunction, query, [rows] as never[]);
      const resumes = (value: unknown): unknown => {
        follower.contain.run(() => followed.resumes());
        return value;
      };
      return asked instanceof Promise ? asked.then(resumes) : resumes(asked);
    },
  });
}

/** What postgres.js calls as soon as a statement is written, if it is one that others may follow. */
function identify(query: StockQuery, follower: QueryFollower): void {
  const { options } = query;
  const { onexecute } = options;
  options.onexecute = (connection) => {
    follower.contain.run(() => {
      const { state } = query;
      if (state !== null && typeof connection.id === 'number') follower.identified(state, connection.id);
    });
    return onexecute === undefined || onexecute(connection);
  };
}

class QueryProgress {
  readonly #query: StockQuery;
  readonly #follower: QueryFollower;
  #outcome: QueryOutcome = UNTOLD;
  #text: string | undefined;
  #isGranted = false;
  #isSent = false;
  #isOver = false;
  /** What it has resolved to is a stream, through which rows of COPY go: it goes on until it resolves once more. */
  #isStreaming = false;

  constructor(query: StockQuery, follower: QueryFollower) {
    this.#query = query;
    this.#follower = follower;
  }

  active(isActive: boolean): void {
    if (this.#isOver) return;
    if (isActive) return this.#granted();
    if (this.#isStreaming) {
      this.#isStreaming = false;
      return;
    }
    this.#isOver = true;
    this.#follower.ended(this.#outcome);
  }

  text(text: unknown): void {
    if (typeof text !== 'string') return;
    this.#text = text;
    this.#send();
  }

  pauses(): void {
    if (!this.#isOver) this.#follower.paused();
  }

  resumes(): void {
    if (!this.#isOver) this.#follower.resumed();
  }

  resolves(value: unknown): void {
    this.#isStreaming = isStream(value);
    this.#outcome = answered(value);
  }

  rejects(error: unknown): void {
    this.#outcome = { kind: 'failed', error };
  }

  #granted(): void {
    const { state } = this.#query;
    if (this.#isGranted || state === null) return;
    this.#isGranted = true;
    this.#follower.granted(state);
    this.#send();
  }

  #send(): void {
    if (!this.#isGranted || this.#isSent || this.#isOver || this.#text === undefined) return;
    this.#isSent = true;
    this.#follower.sent(this.#text);
  }
}

function isStream(value: unknown): boolean {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'pipe') === 'function';
}
