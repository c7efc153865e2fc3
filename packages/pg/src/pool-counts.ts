import { inspect } from 'node:util';
import type { PoolCounts } from '@lifeguard/core';

interface CountedPool {
  counts(): PoolCounts;
  countExpired(): number;
}

/** The counts of `pg.Pool`, and what `console.log` shows, as members of a class whose instances stand for a pool of the core. */
export function poolCounts<T>(poolOf: (instance: T) => CountedPool): PropertyDescriptorMap & ThisType<T> {
  return {
    totalCount: {
      get() {
        const { used, idle, connecting, resetting } = poolOf(this).counts();
        return used + idle + connecting + resetting;
      },
    },
    idleCount: {
      get() {
        return poolOf(this).counts().idle;
      },
    },
    // pg-pool binds a caller to the connect it causes and does not count it as waiting.
    waitingCount: {
      get() {
        const { pending, connecting } = poolOf(this).counts();
        return Math.max(0, pending - connecting);
      },
    },
    expiredCount: {
      get() {
        return poolOf(this).countExpired();
      },
    },
    // Counts, and no options, since they hold the password.
    [inspect.custom]: {
      value(this: T) {
        const { name, used, idle, pending, max } = poolOf(this).counts();
        return `LifeguardPool "${name}" { ${used}/${max} used, ${idle} idle, ${pending} pending }`;
      },
    },
  };
}
