import type { QueuePolicyName } from './queue-policy.ts';
import type { NestedAcquirePolicy } from './nested-acquire.ts';
import type { FixedPoolOptions } from './pool-capacity.ts';
import type { ReclaimPolicy } from './pool-options.ts';

type NumberName = {
  [Name in keyof FixedPoolOptions]: FixedPoolOptions[Name] extends number ? Name : never;
}[keyof FixedPoolOptions];

/** The options in force, as data: those that are numbers (`null` for no limit, since JSON has no Infinity) and the policies. */
export type PoolOptionsView = FixedOptionsView & { readonly size: number; readonly maxOverflow: number };

/** The part of it that stays as it is. */
export type FixedOptionsView = Readonly<Record<NumberName, number | null>> & {
  readonly queuePolicy: QueuePolicyName;
  readonly reclaim: ReclaimPolicy;
  readonly nestedAcquire: NestedAcquirePolicy;
  readonly prePing: boolean;
  readonly retryConnect: boolean;
};

/** Nothing of an application's own is in it: no logger, no clock, no names of tenants. */
export function viewOptions(options: FixedPoolOptions): FixedOptionsView {
  const numbers = Object.entries(options)
    .filter((entry): entry is [string, number] => typeof entry[1] === 'number')
    .map(([name, value]) => [name, Number.isFinite(value) ? value : null]);
  const { queuePolicy, reclaim, nestedAcquire, prePing, retryConnect } = options;
  return Object.freeze({
    ...(Object.fromEntries(numbers) as Record<NumberName, number | null>),
    queuePolicy,
    reclaim,
    nestedAcquire,
    prePing,
    retryConnect,
  });
}
