import type { ServerFacts } from '@lifeguard/core';
import type { ServerView } from './server-view.ts';

/** What the rules of advice need of a view. A part that the view is missing counts as 0. */
export function factsOf({ server, counts, instances, orphans, blocking }: ServerView): ServerFacts {
  return Object.freeze({
    maxConnections: server.maxConnections,
    reserved: server.reserved,
    backends: counts.total,
    ours: counts.ours,
    instances,
    orphans: orphans.filter(({ verdict }) => verdict === 'dead').length,
    blocked: blocking.filter(({ isOurs }) => isOurs).length,
  });
}
