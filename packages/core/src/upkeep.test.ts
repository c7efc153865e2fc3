import { describe, expect, it } from 'vitest';
import { PoolEntry } from './pool-entry.ts';
import { resolvePoolOptions } from './resolve-pool-options.ts';
import type { PoolOptions } from './pool-options.ts';
import { planUpkeep } from './upkeep.ts';

const host = { release: () => undefined, revoke: () => false };

interface Idle {
  readonly idleSince: number;
  readonly expiresAt?: number;
  readonly provenAt?: number;
}

/** What is planned at `now` for these idle connections, with `used` others lent. */
function plan(idle: readonly Idle[], options: PoolOptions, now: number, used = 0): unknown[] {
  const entries = idle.map((each, at) =>
    Object.assign(new PoolEntry<object>(at + 1, 0, 0, host), {
      expiresAt: Infinity,
      provenAt: each.idleSince,
      ...each,
    }),
  );
  const resolved = resolvePoolOptions({ keepaliveMs: 0, ...options });
  const counts = { aboveSize: idle.length + used - resolved.size, idle: idle.length };
  const { close, ping, nextAt } = planUpkeep(entries, counts, resolved, now);
  return [close.map(([entry, reason]) => `${entry.id} ${reason}`), ping.map((entry) => entry.id), nextAt];
}

describe('the upkeep of idle connections', () => {
  it('of none is nothing, ever', () => {
    expect(plan([], {}, 0)).toEqual([[], [], Infinity]);
  });

  it('closes what has been idle for long enough, and says when the next will be', () => {
    const options = { idleTimeoutMs: 100 };
    expect(plan([{ idleSince: 0 }, { idleSince: 50 }], options, 98)).toEqual([[], [], 100]);
    expect(plan([{ idleSince: 0 }, { idleSince: 50 }], options, 100)).toEqual([['1 idle-timeout'], [], 150]);
  });

  it('leaves minIdle, those that became idle last', () => {
    const idle = [{ idleSince: 0 }, { idleSince: 1 }, { idleSince: 2 }];
    expect(plan(idle, { idleTimeoutMs: 100, minIdle: 1 }, 500)).toEqual([
      ['1 idle-timeout', '2 idle-timeout'],
      [],
      Infinity,
    ]);
  });

  it('closes what is above the size once it has lingered, and no more than that', () => {
    const idle = [{ idleSince: 0 }, { idleSince: 10 }, { idleSince: 20 }];
    const options = { size: 4, overflowLingerMs: 50, idleTimeoutMs: 1_000 };
    expect(plan(idle, options, 60, 3)).toEqual([['1 overflow', '2 overflow'], [], 1_020]);
    expect(plan(idle, options, 48, 3)).toEqual([[], [], 50]);
    expect(plan(idle, options, 60, 1)).toEqual([[], [], 1_000]);
  });

  it('closes what is over its lifetime, also of minIdle', () => {
    const idle = [{ idleSince: 0, expiresAt: 100 }];
    expect(plan(idle, { minIdle: 1 }, 98)).toEqual([[], [], 100]);
    expect(plan(idle, { minIdle: 1 }, 100)).toEqual([['1 max-lifetime'], [], Infinity]);
  });

  it('pings what was not heard of for keepaliveMs, which is another clock than idleness', () => {
    const idle = [{ idleSince: 0, provenAt: 500 }];
    const options = { keepaliveMs: 100, idleTimeoutMs: 1_000 };
    expect(plan(idle, options, 598)).toEqual([[], [], 600]);
    expect(plan(idle, options, 600)).toEqual([[], [1], Infinity]);
    expect(plan([{ idleSince: 0, provenAt: 950 }], options, 1_000)).toEqual([
      ['1 idle-timeout'],
      [],
      Infinity,
    ]);
  });

  it('does at once what is due within a millisecond: the timer it would set instead may fire that early again', () => {
    expect(plan([{ idleSince: 0 }], { idleTimeoutMs: 100 }, 99)).toEqual([['1 idle-timeout'], [], Infinity]);
  });

  it('names the first of several reasons', () => {
    const idle = [{ idleSince: 0, expiresAt: 40 }];
    const options = { size: 1, overflowLingerMs: 50, idleTimeoutMs: 60, keepaliveMs: 70 };
    expect(plan(idle, options, 100, 1)).toEqual([['1 max-lifetime'], [], Infinity]);
    expect(plan([{ idleSince: 0, expiresAt: 50 }], options, 100, 1)).toEqual([
      ['1 max-lifetime'],
      [],
      Infinity,
    ]);
    expect(plan([{ idleSince: 0 }], options, 100, 1)).toEqual([['1 overflow'], [], Infinity]);
    expect(plan([{ idleSince: 0 }], options, 100)).toEqual([['1 idle-timeout'], [], Infinity]);
  });
});
