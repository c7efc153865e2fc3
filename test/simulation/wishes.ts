import type { AcquireOptions, Session } from '@lifeguard/core';
import { accountOf } from './accounts.ts';
import type { Account } from './accounts.ts';
import type { Call, CallStart } from './calls.ts';
import type { Hold } from './holds.ts';
import type { World } from './world.ts';

/** How an acquire of the world's differs from the pool's defaults. */
export interface Wish extends Account {
  readonly timeoutMs?: number;
  readonly controller?: AbortController;
  readonly leakThresholdMs?: number;
  readonly session?: Session;
  readonly nestedIn?: Hold;
  readonly isAwaited?: boolean;
}

/** What is known of a call before it is made. */
export function startOf(world: World, wish: Wish): CallStart {
  const { session } = wish;
  const startedAt = world.clock.now();
  const openBefore = world.holds.open.size;
  return {
    startedAt,
    deadlineAt: startedAt + (wish.timeoutMs ?? world.options.acquireTimeoutMs),
    session,
    sessionEndsAt: (session && world.sessionDeadlines.get(session)) ?? Infinity,
    ...accountOf(wish, session, world.accounts),
    controller: wish.controller,
    nestedIn: wish.nestedIn,
    isAwaited: wish.isAwaited ?? false,
    openBefore,
    heldBefore: openBefore + world.releasing.length,
    pendingBefore: world.pool.tracker.pending,
    maxBefore: world.max,
    step: world.steps,
    leastHold: world.holdTimes.leastMean,
  };
}

/** How it is said to the pool. */
export function optionsOf(
  { label }: Call,
  { timeoutMs, controller, leakThresholdMs, priority, tenant }: Wish,
): AcquireOptions {
  return {
    label,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(controller === undefined ? {} : { signal: controller.signal }),
    ...(leakThresholdMs === undefined ? {} : { leakThresholdMs }),
    ...(priority === undefined ? {} : { priority }),
    ...(tenant === undefined ? {} : { tenant }),
  };
}
