import {
  Containment,
  describeFailure,
  logSafely,
  overrideMethod,
  processWarningLogger,
} from '@lifeguard/core/adapter';
import type { AnyFunction } from '@lifeguard/core/adapter';
import { FollowedQuery } from './followed-query.ts';
import { followQuery } from './follow-query.ts';
import type { QueryFollower } from './follow-query.ts';
import { connectionAt } from './sql-leases.ts';
import type { StockQuery } from './stock-query.ts';

/** Makes the follower of a query, before it is started. */
export type Follow = (query: StockQuery) => QueryFollower | undefined;

interface Watch {
  users: number;
  readonly undo: () => void;
}

/** One for each copy of postgres.js, as long as an `sql` of it is watched. */
const watches = new WeakMap<object, Watch>();
/** Who follows the queries that go by this handler. */
const followers = new WeakMap<AnyFunction, Follow>();

/** Each `sql` contains its own failures; this is for what concerns none of them. */
const contain = new Containment((error) =>
  logSafely(
    processWarningLogger,
    'error',
    { code: 'LG_LISTENER_FAILED', event: 'watchSql' },
    `queries cannot be followed: ${describeFailure(error)}`,
  ),
);

/**
 * Has queries of the class of this one followed: of whatever `sql` of one copy of postgres.js. Those whose handler is not known
 * belong to whoever holds their connection, such as those of a savepoint, and the COMMIT of a transaction. Call what it returns to end
 * it; the last one puts the class back as it was.
 */
export function watchQueries(query: StockQuery): () => void {
  const prototype = Object.getPrototypeOf(query) as object;
  const watch = watches.get(prototype) ?? { users: 0, undo: hook(prototype) };
  watches.set(prototype, watch);
  watch.users += 1;
  return () => {
    watch.users -= 1;
    if (watch.users > 0) return;
    watch.undo();
    watches.delete(prototype);
  };
}

/** Has the queries that go by this handler followed by `follow`. Call what it returns to end it. */
export function followHandler(handler: AnyFunction, follow: Follow): () => void {
  followers.set(handler, follow);
  return () => void followers.delete(handler);
}

function hook(prototype: object): () => void {
  return overrideMethod(
    prototype,
    'handle',
    (former): AnyFunction =>
      function handle(this: unknown, ...args): unknown {
        const query = this as StockQuery;
        if (!query.executed && !query.cancelled) contain.run(() => start(query));
        return Reflect.apply(former(), this, args);
      },
  );
}

/** Those that are followed: where somebody has put a function in front of ours, ours stays, and another one comes before it. */
const started = new WeakSet<StockQuery>();

function start(query: StockQuery): void {
  if (started.has(query)) return;
  started.add(query);
  const follow = followers.get(query.handler);
  const follower = follow === undefined ? new FollowedQuery({ contain, find: connectionAt }) : follow(query);
  if (follower !== undefined) followQuery(query, follower);
}
