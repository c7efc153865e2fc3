import { overrideMethod } from '@lifeguard/core/adapter';
import type { AnyFunction, ForeignPool, ForeignWait, LeaseOrigin } from '@lifeguard/core/adapter';
import { FollowedQuery } from './followed-query.ts';
import type { QueryFollower } from './follow-query.ts';
import { Holding } from './holding.ts';
import { watchQueries, followHandler } from './query-watch.ts';
import type { SqlLeases } from './sql-leases.ts';
import { stackOf } from './stock-query.ts';
import type { StockQuery } from './stock-query.ts';
import { handlerOf, probe } from './stock-sql.ts';
import type { ReservedSql, StockSql } from './stock-sql.ts';
import type { WatchedConnection } from './watched-connection.ts';

/** What calls are told to. */
interface SqlCallsParts {
  readonly foreign: ForeignPool<WatchedConnection>;
  readonly leases: SqlLeases;
  readonly ending: (state: 'closing' | 'closed') => void;
}

type Call = (method: AnyFunction, self: unknown, args: readonly unknown[]) => unknown;

/** Follows the calls of one `sql` to their outcome. The caller gets what it would have got. */
export class SqlCalls {
  readonly #sql: StockSql;
  readonly #parts: SqlCallsParts;
  readonly #unhook: (() => void)[] = [];
  /** Where a query was called that notes no place itself. */
  readonly #origins = new WeakMap<StockQuery, LeaseOrigin>();
  /** The BEGIN of a call of `begin`. */
  readonly #begins = new WeakMap<StockQuery, Holding>();
  /** A call of `begin` that has not sent its BEGIN yet. */
  #beginning: Holding | undefined;
  #isEnding = false;

  constructor(sql: StockSql, parts: SqlCallsParts) {
    this.#sql = sql;
    this.#parts = parts;
    // Before the methods are other ones.
    const handler = handlerOf(sql);
    this.#unhook.push(
      watchQueries(probe(sql)),
      followHandler(handler, (query) => this.#follow(query)),
    );
    this.#override('begin', (...call) => this.#begin(...call));
    this.#override('reserve', (...call) => this.#reserve(...call));
    this.#override('unsafe', (...call) => this.#unsafe(...call));
    this.#override('file', (...call) => this.#file(...call));
    this.#override('end', (...call) => this.#end(...call));
    this.#onClose();
  }

  /** Puts everything back as it was. */
  leave(): void {
    for (const unhook of this.#unhook.splice(0).reverse()) unhook();
  }

  #override(name: string, call: Call): void {
    const undo = overrideMethod(
      this.#sql,
      name,
      (former): AnyFunction =>
        function (this: unknown, ...args): unknown {
          return call(former(), this, args);
        },
    );
    this.#unhook.push(undo);
  }

  #begin(begin: AnyFunction, self: unknown, args: readonly unknown[]): unknown {
    const holding = this.#hold();
    if (holding === undefined) return Reflect.apply(begin, self, args as never[]);
    const before = this.#beginning;
    this.#beginning = holding;
    let result: unknown;
    try {
      result = Reflect.apply(begin, self, holding.observing(args) as never[]);
    } finally {
      this.#beginning = before;
    }
    return this.#settling(result, (error) => holding.over(error));
  }

  #reserve(reserve: AnyFunction, self: unknown, args: readonly unknown[]): unknown {
    const holding = this.#hold();
    const result: unknown = Reflect.apply(reserve, self, args as never[]);
    if (holding === undefined || !(result instanceof Promise)) return result;
    return result.then(
      (reserved: unknown) => {
        this.#parts.leases.contain.run(() => holding.reserved(reserved as ReservedSql));
        return reserved;
      },
      (error: unknown) => {
        this.#parts.leases.contain.run(() => holding.over(error));
        throw error;
      },
    );
  }

  #unsafe(unsafe: AnyFunction, self: unknown, args: readonly unknown[]): unknown {
    const query = Reflect.apply(unsafe, self, args as never[]) as StockQuery;
    const holding = this.#beginning;
    this.#beginning = undefined;
    if (holding === undefined) this.#note(query);
    else this.#begins.set(query, holding);
    return query;
  }

  #file(file: AnyFunction, self: unknown, args: readonly unknown[]): unknown {
    const query = Reflect.apply(file, self, args as never[]) as StockQuery;
    this.#note(query);
    // It reads the file first, by a handler that is of this query alone.
    this.#parts.leases.contain.run(() => followHandler(query.handler, (each) => this.#follow(each)));
    return query;
  }

  #end(end: AnyFunction, self: unknown, args: readonly unknown[]): unknown {
    const result: unknown = Reflect.apply(end, self, args as never[]);
    this.#isEnding = true;
    this.#parts.leases.contain.run(() => this.#parts.ending('closing'));
    return this.#settling(result, () => this.#parts.ending('closed'));
  }

  /** Passes on what a promise comes to; `told` first. A promise of its own, as a second look would make a rejection look handled. */
  #settling(result: unknown, told: (error: unknown) => void): unknown {
    const { contain } = this.#parts.leases;
    if (!(result instanceof Promise)) return result;
    return result.then(
      (value: unknown) => {
        contain.run(() => told(undefined));
        return value;
      },
      (error: unknown) => {
        contain.run(() => told(error));
        throw error;
      },
    );
  }

  #hold(): Holding | undefined {
    const { foreign, leases } = this.#parts;
    return leases.contain.run(() => new Holding(foreign.ask(), leases));
  }

  #note(query: StockQuery): void {
    this.#parts.leases.contain.run(() => this.#origins.set(query, this.#parts.foreign.tracker.origin()));
  }

  #follow(query: StockQuery): QueryFollower | undefined {
    return this.#parts.leases.contain.run(() => {
      const holding = this.#begins.get(query);
      if (holding !== undefined) return holding.beginning();
      return this.#alone(this.#parts.foreign.ask(this.#originOf(query)));
    });
  }

  /** A query that has a connection for itself. */
  #alone(wait: ForeignWait): QueryFollower {
    const { leases } = this.#parts;
    const { contain } = leases;
    return new FollowedQuery({
      contain,
      find: (backend) => leases.grant(wait, backend, 'answer'),
      refused: (outcome) => leases.refuse(wait, outcome.kind === 'failed' ? outcome.error : undefined),
    });
  }

  #originOf(query: StockQuery): LeaseOrigin {
    const noted = this.#origins.get(query);
    return noted ?? this.#parts.foreign.tracker.origin({ stack: stackOf(query) });
  }

  /** postgres.js looks at this option when a connection has been closed. */
  #onClose(): void {
    const { leases } = this.#parts;
    const { contain } = leases;
    const { options } = this.#sql;
    const isEnding = (): boolean => this.#isEnding;
    const undo = overrideMethod(
      options,
      'onclose',
      (former): AnyFunction =>
        function onclose(this: unknown, ...args): unknown {
          contain.run(() => leases.closed(args[0], isEnding()));
          const theirs: unknown = former();
          return typeof theirs === 'function' ? Reflect.apply(theirs, this, args) : undefined;
        },
    );
    this.#unhook.push(undo);
  }
}
