import type { PoolSnapshot } from '../snapshot.ts';
import type { PoolWindow } from './pool-window.ts';
import type { Recommendation } from './recommendation.ts';
import type { ServerFacts } from './server-facts.ts';

/** Another pool of the same process on the same server. */
export interface SiblingPool {
  readonly name: string;
  readonly max: number;
}

/** All that rules look at. */
export interface Situation {
  readonly pool: PoolSnapshot;
  /** The recent past; `undefined` while too little of it is known. */
  readonly window: PoolWindow | undefined;
  readonly server: ServerFacts | undefined;
  readonly siblings: readonly SiblingPool[];
}

/** Looks for one thing. Pure: the same situation gives the same advice. */
export type Rule = (situation: Situation) => readonly Recommendation[];

/** Of a rule that has found nothing. */
export const NOTHING: readonly Recommendation[] = Object.freeze([]);

/** Backends that this pool may still open, with what it has: its equal part of what is free where there are several instances. */
export function roomFor({ ours, ...server }: ServerFacts): number {
  const free = server.maxConnections - server.reserved - server.backends;
  return ours + Math.max(0, Math.floor(free / Math.max(1, server.instances)));
}
