import type { OverloadedError, Session } from '@lifeguard/core';
import type { Call } from './calls.ts';
import type { World } from './world.ts';

/** The code of an error of ours, or what else tells errors apart. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}

/** An acquire was turned away: was there a reason to, at this time? */
export function judgeRefusal(world: World, call: Call, error: unknown): void {
  if (codeOf(error) === 'LG_OVERLOADED') return judgeShed(world, call, error as OverloadedError);
  const reason = reasonFor(world, call, error);
  world.judge.expect(
    reason,
    'I4',
    () => `${call.label} was refused with ${codeOf(error)} without a reason (deadline ${call.deadlineAt})`,
  );
}

function judgeShed(world: World, call: Call, error: OverloadedError): void {
  const objection = world.overload.objection(world, call, error);
  world.judge.expect(
    objection === undefined,
    'I4',
    () => `${call.label} (${call.priority}) was shed (${error.reason}): ${objection}`,
  );
}

function reasonFor(world: World, call: Call, error: unknown): boolean {
  const { options, clock, governor } = world;
  const isOverdue = clock.now() >= call.deadlineAt;
  if (call.controller?.signal.aborted === true && error === call.controller.signal.reason) return true;
  if (isCutOff(call.session, error)) return true;
  switch (codeOf(error)) {
    case 'LG_ACQUIRE_TIMEOUT':
      return isOverdue;
    case 'LG_CONNECT_TIMEOUT':
    case 'LG_CONNECT_FAILED':
    case 'LG_SERVER_REFUSED':
      return isOverdue || (governor.failures > 0 && (!options.retryConnect || governor.fatalFailures > 0));
    case 'LG_QUEUE_FULL':
      return (
        waitingBefore(call) + madeInside(world, call) >=
        options.maxWaiting + Math.max(0, Math.min(call.maxBefore, world.max) - call.heldBefore)
      );
    case 'LG_POOL_CLOSED':
      return world.isClosing;
    case 'LG_POOL_DEADLOCK':
      return call.nestedIn !== undefined && call.isAwaited;
    case 'LG_NESTED_ACQUIRE':
      return options.nestedAcquire === 'error' && call.nestedIn !== undefined;
    default:
      return false;
  }
}

/** `high` is counted apart. */
function waitingBefore({ before, priority }: Call): number {
  return before.filter((each) => priority !== 'high' || each.priority === 'high').length;
}

/** Those that came from inside of this call were in the queue before it. */
function madeInside(world: World, call: Call): number {
  return world.calls.all.filter((each) => each.madeInside.includes(call)).length;
}

function isCutOff(innermost: Session | undefined, error: unknown): boolean {
  for (let session = innermost; session !== undefined; session = session.parent)
    if (session.signal.aborted && session.signal.reason === error) return true;
  return false;
}

/** Whether somebody who waits has lost the right to: the signal, the session, the pool. */
export function mustBeGone(world: World, call: Call): boolean {
  if (world.isClosing || call.controller?.signal.aborted === true) return true;
  for (let { session } = call; session !== undefined; session = session.parent)
    if (session.signal.aborted) return true;
  return false;
}
