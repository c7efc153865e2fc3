import type { PoolHealth } from './pool-diagnostics.ts';
import type { Recommendation, Severity } from './recommendation.ts';
import { connectsFailing, lifetimeTooShort, staleConnections } from './rules/connecting-rules.ts';
import { idleInTransaction, leakingSites, selfDeadlock, slowSite } from './rules/holding-rules.ts';
import { fleetOverCommit, lockWaits, orphanedBackends, poolsShareServer } from './rules/server-rules.ts';
import { overflowInUse, poolTooLarge, poolTooSmall } from './rules/sizing-rules.ts';
import { loopBlocked, saturated, waitNearTimeout } from './rules/waiting-rules.ts';
import type { Rule, Situation } from './situation.ts';

/** In the order in which a person would look: what fails, who holds, what waits, what could be set better. */
const RULES: readonly Rule[] = [
  connectsFailing,
  saturated,
  leakingSites,
  selfDeadlock,
  waitNearTimeout,
  loopBlocked,
  lockWaits,
  idleInTransaction,
  slowSite,
  poolTooSmall,
  fleetOverCommit,
  overflowInUse,
  staleConnections,
  orphanedBackends,
  lifetimeTooShort,
  poolsShareServer,
  poolTooLarge,
];

const ORDER: Readonly<Record<Severity, number>> = { critical: 0, warning: 1, info: 2 };

/** What all rules advise, the most severe first. */
export function recommend(situation: Situation): readonly Recommendation[] {
  const found = RULES.flatMap((rule) => rule(situation)).map(freeze);
  return Object.freeze(found.sort((a, b) => ORDER[a.severity] - ORDER[b.severity]));
}

/** By the most severe of them. */
export function healthOf(recommendations: readonly Recommendation[]): PoolHealth {
  const [first] = recommendations;
  return first === undefined || first.severity === 'info' ? 'healthy' : first.severity;
}

function freeze(recommendation: Recommendation): Recommendation {
  return Object.freeze({ ...recommendation, evidence: Object.freeze([...recommendation.evidence]) });
}
