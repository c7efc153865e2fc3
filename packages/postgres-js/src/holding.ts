import { overrideMethod } from '@lifeguard/core/adapter';
import type { AnyFunction, ForeignWait } from '@lifeguard/core/adapter';
import { FollowedQuery } from './followed-query.ts';
import type { QueryFollower } from './follow-query.ts';
import { followHandler } from './query-watch.ts';
import type { SqlLeases } from './sql-leases.ts';
import { handlerOf } from './stock-sql.ts';
import type { ReservedSql } from './stock-sql.ts';
import type { WatchedConnection } from './watched-connection.ts';

/** One call of `begin` or `reserve`: from its wait to the end of what it holds. */
export class Holding {
  readonly #wait: ForeignWait;
  readonly #leases: SqlLeases;
  #connection: WatchedConnection | undefined;
  #isReleased = false;

  constructor(wait: ForeignWait, leases: SqlLeases) {
    this.#wait = wait;
    this.#leases = leases;
  }

  /** The follower of its BEGIN. */
  beginning(): QueryFollower {
    return new FollowedQuery({
      contain: this.#leases.contain,
      find: (backend) => (this.#connection = this.#leases.grant(this.#wait, backend, 'transaction')),
    });
  }

  /** The arguments of `begin`, so that the call of its callback is noticed. */
  observing(args: readonly unknown[]): readonly unknown[] {
    const last = args.length - 1;
    const callback = args[last];
    if (typeof callback !== 'function') return args;
    const started = (sql: unknown): void => this.#leases.contain.run(() => this.#started(sql as ReservedSql));
    return args.with(last, function (this: unknown, ...given: unknown[]): unknown {
      started(given[0]);
      return Reflect.apply(callback as AnyFunction, this, given as never[]);
    });
  }

  /** `reserve` has resolved to this. */
  reserved(sql: ReservedSql): void {
    this.#holds(sql);
    const released = (): void => this.#leases.contain.run(() => this.over(undefined));
    overrideMethod(
      sql,
      'release',
      (former): AnyFunction =>
        function release(this: unknown, ...args): unknown {
          // First, since the next one gets it within that call.
          released();
          return Reflect.apply(former(), this, args);
        },
    );
  }

  /** It holds nothing any more. `error`: what it has come to. */
  over(error: unknown): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    const connection = this.#connection;
    if (connection === undefined) this.#leases.refuse(this.#wait, error);
    else if (connection.isHeldSince(this.#wait)) this.#leases.release(connection, isLoss(error));
  }

  /** The callback of `begin` is called, which can only be once there is a connection. */
  #started(sql: ReservedSql): void {
    if (this.#connection === undefined) this.#holds(sql);
  }

  #holds(sql: ReservedSql): void {
    const connection = this.#leases.grantUnknown(this.#wait);
    if (connection === undefined) return;
    this.#connection = connection;
    followHandler(
      handlerOf(sql),
      () =>
        new FollowedQuery({
          contain: this.#leases.contain,
          find: (backend) => this.#leases.recognise(connection, backend),
        }),
    );
  }
}

/** Whether its connection was closed, which nobody else has said yet. */
function isLoss(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code: unknown = Reflect.get(error, 'code');
  return code === 'CONNECTION_CLOSED' || code === 'CONNECTION_DESTROYED';
}
