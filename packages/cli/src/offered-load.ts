import { sizeForLoad } from '@lifeguard/core';
import { FEWEST_LEASES_FOR_SIZE, isMostlyLeaked } from '@lifeguard/core/adapter';
import type { PoolSnapshot } from '@lifeguard/core';
import type { PoolState } from './pool-state.ts';

/** How much is asked of a pool, between two looks at it. */
export interface OfferedLoad {
  readonly pool: string;
  readonly size: number;
  readonly max: number;
  readonly elapsedMs: number;
  /** Who came: granted, timed out or turned away. */
  readonly came: number;
  /** How long each of those that ended was held, on average. Milliseconds. */
  readonly meanHeldMs: number;
  /** Connections wanted at any moment, by Little's law. */
  readonly load: number;
  /** The load and its square root besides; `undefined` where too few came, or leaks falsify it. */
  readonly wanted: number | undefined;
  /** Why there is no answer. */
  readonly doubt: string | undefined;
}

/** The loads of the pools that are in both looks. */
export function offeredLoads(
  before: readonly PoolState[],
  after: readonly PoolState[],
): readonly OfferedLoad[] {
  return after.flatMap(({ snapshot }) => {
    const first = before.find((each) => each.snapshot.name === snapshot.name);
    return first === undefined ? [] : [loadOf(first.snapshot, snapshot)];
  });
}

function loadOf(first: PoolSnapshot, last: PoolSnapshot): OfferedLoad {
  const elapsedMs = Date.parse(last.at) - Date.parse(first.at);
  const came = (['acquired', 'timeouts', 'shed'] as const).reduce(
    (sum, name) => sum + last.counters[name] - first.counters[name],
    0,
  );
  const ended = last.useTime.count - first.useTime.count;
  const meanHeldMs = ended > 0 ? (last.useTime.sumMs - first.useTime.sumMs) / ended : 0;
  const load = elapsedMs > 0 ? (came * meanHeldMs) / elapsedMs : 0;
  const doubt = doubtOf(last, came, ended);
  return {
    pool: last.name,
    size: last.size,
    max: last.max,
    elapsedMs,
    came,
    meanHeldMs,
    load,
    wanted: doubt === undefined ? sizeForLoad(load) : undefined,
    doubt,
  };
}

function doubtOf(last: PoolSnapshot, came: number, ended: number): string | undefined {
  const suspected = last.leases.filter((lease) => lease.suspected).length;
  if (isMostlyLeaked(last))
    return `${suspected} of ${last.used} connections in use are suspected of being leaked: no size is right then`;
  if (Math.min(came, ended) < FEWEST_LEASES_FOR_SIZE)
    return `fewer than ${FEWEST_LEASES_FOR_SIZE} leases came and went: watch for longer, or at a time with more load`;
  return undefined;
}
