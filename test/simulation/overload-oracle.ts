import type { OverloadedError } from '@lifeguard/core';
import { RANKS } from './accounts.ts';
import { Arrivals } from './arrivals.ts';
import type { LoadClaim } from './arrivals.ts';
import type { Call } from './calls.ts';
import { TICK_MS } from './grants.ts';
import type { DrawnOptions } from './plan.ts';
import type { World } from './world.ts';

/** Who names no limit counts as one that waits for so long. */
const LONGEST_MS = 30_000;
/** In one of so many cases a connection may find nobody. */
const IDLE_CASES = 100;
/** Rounding. */
const NEARLY = 1 - 1e-6;

/** Whether there was a reason to turn somebody away before its time, as docs/overload.md has it. */
export class OverloadOracle {
  readonly #arrivals: Arrivals;
  readonly #isControlled: boolean;

  constructor({ overloadAfterMs, queuePolicy }: DrawnOptions) {
    this.#arrivals = new Arrivals(overloadAfterMs);
    this.#isControlled = queuePolicy === 'controlled';
  }

  came(world: World, call: Call): void {
    if (this.#isControlled) this.#arrivals.came(world.clock.now(), call);
  }

  /** A lease is given to this call now. */
  granted({ clock, calls }: World, call: Call): void {
    // Who finds a connection at once is neither demand nor a measure of what can be served.
    const hasWaited = !calls.isEntering(call) || call.before.length > 0;
    if (this.#isControlled && hasWaited) this.#arrivals.served(clock.now());
  }

  /** The end of a step. */
  check({ clock, calls }: World): void {
    if (this.#isControlled) this.#arrivals.stepEnded(clock.now(), calls.waiting.size > 0);
  }

  /** Why this call may not be turned away with this error; `undefined` when it may. */
  objection(world: World, call: Call, error: OverloadedError): string | undefined {
    if (!this.#isControlled) return 'a pool that is first come, first served';
    if (call.priority === 'high') return 'one whose work must go on';
    world.note(`shed-${error.reason}`, call.label);
    return error.reason === 'excess'
      ? this.#objectionToExcess(world, call, error)
      : objectionToHopeless(world, call);
  }

  #objectionToExcess(world: World, call: Call, error: OverloadedError): string | undefined {
    if (call.step !== world.steps || error.waitedMs !== 0) return 'one that waits already';
    if (error.retryAfterMs !== world.options.overloadAfterMs)
      return `to come back in ${error.retryAfterMs} ms`;
    if (!(error.servedPerSecond > 0)) return 'while nothing is known';
    const measuredMs = this.#arrivals.measured(error);
    const figures = `${error.arrivalsPerSecond} came, ${error.servedPerSecond} were served a second`;
    if (measuredMs < world.options.overloadAfterMs / 4) return `on figures that were never true: ${figures}`;
    const before = placesBefore(call);
    const inTime = placesInTime(call, error);
    const isFlooded = measuredMs >= world.options.overloadAfterMs && this.#arrivals.wasFlooded;
    const places = Math.min(inTime, isFlooded ? placesInFlood(error) : Infinity);
    if (before < places * NEARLY) return `as number ${before + 1} of ${places} (${figures})`;
    if (before < inTime * NEARLY) world.note('shed-flood');
    return isExact(call) && !isBeyondShare(world, call, places) ? `within its share of ${places}` : undefined;
  }
}

/** How many may wait so that there is always somebody for a connection that comes free. */
function placesInFlood({ arrivalsPerSecond, servedPerSecond }: LoadClaim): number {
  const ratio = arrivalsPerSecond / servedPerSecond;
  return ratio <= 1 ? Infinity : Math.log(IDLE_CASES) / Math.log(ratio);
}

/** How many can be served in the time that those who wait have, on average. */
function placesInTime(call: Call, { servedPerSecond }: LoadClaim): number {
  if (!call.isPlain) return 1;
  if (call.pendingBefore === 0) return Infinity;
  // Some may have been on the way out: perhaps those that had the most time.
  const least = call.before.map(patienceMs).sort((one, other) => one - other);
  const sum = least.slice(0, call.pendingBefore).reduce((ms, each) => ms + each, 0);
  return Math.max(1, (servedPerSecond * sum) / call.pendingBefore / 1_000);
}

function patienceMs({ deadlineAt, startedAt, session }: Call): number {
  return Math.min(deadlineAt - startedAt, session?.timeoutMs ?? Infinity, LONGEST_MS);
}

/** Whether those who seemed to wait when it came are those who did: some may have been on the way out. */
function isExact({ before, pendingBefore, isPlain }: Call): boolean {
  return isPlain && before.length === pendingBefore;
}

/** How many waited that go before it, or beside it. */
function placesBefore(call: Call): number {
  const beside = call.before.filter(({ priority }) => RANKS[priority] <= RANKS[call.priority]).length;
  return call.isPlain ? beside : Infinity;
}

/** Places are shared as connections are, among the tenants that wait with the same priority. */
function isBeyondShare({ options }: World, call: Call, places: number): boolean {
  const rank = RANKS[call.priority];
  const above = call.before.filter(({ priority }) => RANKS[priority] < rank).length;
  const peers = call.before.filter(({ priority }) => RANKS[priority] === rank);
  const tenants = new Set([call.tenant, ...peers.map(({ tenant }) => tenant)]);
  const weightOf = (tenant: string | undefined): number =>
    tenant === undefined ? 1 : (options.tenantWeights[tenant] ?? 1);
  const all = [...tenants].reduce((sum, each) => sum + weightOf(each), 0);
  const share = (Math.max(0, places - above) * weightOf(call.tenant)) / all;
  const own = peers.filter(({ tenant }) => tenant === call.tenant).length;
  return own + 1 > share * NEARLY;
}

/** It has waited, and what is left of its session is too short for a lease. */
function objectionToHopeless({ clock, holdTimes, isBeforeIo }: World, call: Call): string | undefined {
  const { startedAt, sessionEndsAt } = call;
  if (isBeforeIo) return 'before what had arrived was delivered';
  const leftMs = sessionEndsAt - clock.now();
  if (leftMs === Infinity) return 'one without a session that ends';
  if (clock.now() - startedAt < ((sessionEndsAt - startedAt) / 2) * NEARLY)
    return 'in the first half of its time';
  // The mean and four deviations; of those none is larger than the longest.
  const neededMs = holdTimes.isPerhapsKnown ? 5 * holdTimes.longest : 0;
  return leftMs > neededMs + TICK_MS
    ? `with ${leftMs} ms left, of ${neededMs} that a lease needs`
    : undefined;
}
