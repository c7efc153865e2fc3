import { describe, expect, it, test } from 'vitest';
import { leaseView, situation } from '../../test/situation.ts';
import type { SiteView } from '../site-stats.ts';
import { healthOf, recommend } from './recommend.ts';
import type { Recommendation } from './recommendation.ts';
import type { Situation } from './situation.ts';

const only = (found: readonly Recommendation[]): Recommendation => {
  expect(found).toHaveLength(1);
  return found[0] as Recommendation;
};
const advise = (parts: Parameters<typeof situation>[0]): Recommendation => only(recommend(situation(parts)));
const rulesOf = (parts: Parameters<typeof situation>[0]): string[] =>
  recommend(situation(parts)).map(({ rule }) => rule);

const summary = (p95Ms: number): SiteView['holdTime'] => ({
  count: 100,
  sumMs: 5_000,
  meanMs: 50,
  p50Ms: 40,
  p95Ms,
  p99Ms: p95Ms,
  maxMs: p95Ms,
  buckets: [0, 0, 0, 100, 100, 100, 100, 100, 100],
});
const site = (parts: Partial<SiteView> = {}): SiteView => ({
  fingerprint: '00000000',
  site: leaseView().site,
  label: undefined,
  leases: 100,
  holdTime: summary(900),
  idleShare: 0.1,
  waitsCausedMs: 0,
  leaks: 0,
  adaptiveThresholdMs: undefined,
  ...parts,
});

describe('advice', () => {
  it('is not given where nothing is wrong', () => {
    expect(recommend(situation())).toEqual([]);
    expect(healthOf([])).toBe('healthy');
  });

  it('is the same for the same situation, frozen, and begins with the most severe', () => {
    const parts = {
      pool: { used: 15, idle: 0, pending: 3, oldestWaitMs: 400, max: 15 },
      window: { nested: 4 },
      siblings: [{ name: 'reports', max: 5 }],
    };
    const now: Situation = situation(parts);
    const found = recommend(now);
    expect(recommend(now)).toEqual(found);
    expect(found.map(({ rule, severity }) => `${severity} ${rule}`)).toEqual([
      'critical saturated',
      'warning self-deadlock',
      'info pools-share-server',
    ]);
    expect(
      Object.isFrozen(found) && found.every((one) => Object.isFrozen(one) && Object.isFrozen(one.evidence)),
    ).toBe(true);
    expect(healthOf(found)).toBe('critical');
  });

  it('of information alone leaves a pool healthy', () => {
    expect(healthOf(recommend(situation({ siblings: [{ name: 'reports', max: 5 }] })))).toBe('healthy');
  });

  it('says what, why, what to do and what it costs, every time', () => {
    for (const parts of EVERY) {
      for (const one of recommend(situation(parts))) {
        for (const text of [one.summary, ...one.evidence, one.change, one.risk]) {
          expect(text).toMatch(/^\S.*\S$/);
          expect(text).not.toMatch(/NaN|undefined|Infinity|null/);
        }
        expect(one.evidence.length).toBeGreaterThan(0);
      }
    }
  });
});

const load = { pendingShare: 0.5, offeredLoad: 30, meanHeldMs: 300, timeouts: 0 };
const leaking = { suspected: true, transaction: 'open', idleMs: 35_000 } as const;

/** One for each rule. */
const CASES: readonly [rule: string, severity: string, parts: Parameters<typeof situation>[0]][] = [
  ['saturated', 'critical', { pool: { used: 15, idle: 0, pending: 2, oldestWaitMs: 10 } }],
  ['wait-near-timeout', 'warning', { window: { longestWaitMs: 15_000 } }],
  ['wait-near-timeout', 'critical', { window: { timeouts: 2 } }],
  ['loop-blocked', 'warning', { window: { blockedShare: 0.03 }, pool: { longestStallMs: 2_000 } }],
  ['slow-site', 'warning', { pool: { sites: [site({ waitsCausedMs: 20_000 })] } }],
  [
    'idle-in-transaction',
    'warning',
    { pool: { leases: [leaseView({ transaction: 'open', idleMs: 1_200 })] } },
  ],
  ['leaking-site', 'warning', { pool: { leases: [leaseView(leaking)] } }],
  ['leaking-site', 'critical', { pool: { leases: Array.from({ length: 8 }, () => leaseView(leaking)) } }],
  ['self-deadlock', 'warning', { window: { nested: 1 } }],
  ['self-deadlock', 'critical', { window: { deadlocks: 1 } }],
  ['pool-too-small', 'warning', { window: load }],
  ['pool-too-large', 'info', { window: { peakUsed: 3 } }],
  ['overflow-in-use', 'warning', { window: { overflowShare: 1, meanUsed: 12 } }],
  ['connects-failing', 'warning', { pool: { lastConnectError: 'connect ECONNREFUSED' } }],
  ['connects-failing', 'critical', { pool: { lastConnectError: 'connect ECONNREFUSED', used: 0, idle: 0 } }],
  ['stale-connections', 'warning', { window: { pingFailures: 3 } }],
  ['pools-share-server', 'info', { siblings: [{ name: 'reports', max: 5 }] }],
  ['pools-share-server', 'warning', { siblings: [{ name: 'reports', max: 500 }] }],
  ['fleet-over-commit', 'warning', { server: { instances: 7 } }],
  ['orphaned-backends', 'warning', { server: { orphans: 1 } }],
  ['lock-waits', 'warning', { server: { blocked: 3 } }],
];
const EVERY = CASES.map(([, , parts]) => parts);

test.each(CASES)('%s is found, and is a %s', (rule, severity, parts) => {
  expect(recommend(situation(parts)).map((one) => [one.rule, one.severity])).toContainEqual([rule, severity]);
});

describe('the advice on the size', () => {
  it('is by Little’s law, with room for the swings of the load', () => {
    // 30 in use on average, and the square root of it besides.
    expect(advise({ window: load })).toMatchObject({
      summary: 'the pool of 15 is smaller than its load, which wants 36',
      change: 'raise size from 10 to 36',
    });
  });

  it('is not to grow where the server has no room', () => {
    const { change, evidence } = advise({ window: load, server: { backends: 95, instances: 1 } });
    expect(change).not.toContain('raise size');
    expect(evidence).toContain("the server has room for 12 of this pool's");
  });

  it('is not to grow when it is leaks that take the connections', () => {
    const leases = Array.from({ length: 3 }, () => leaseView(leaking));
    expect(rulesOf({ window: { ...load, overflowShare: 1 }, pool: { leases } })).toEqual(['leaking-site']);
  });

  it('is not given for a peak now and then', () => {
    expect(rulesOf({ window: { ...load, pendingShare: 0.1 } })).toEqual([]);
  });

  it('does not call a pool too large that has not been watched for long, or is small anyway', () => {
    expect(rulesOf({ window: { peakUsed: 3, lengthMs: 60_000 } })).toEqual([]);
    expect(rulesOf({ window: { peakUsed: 1 }, pool: { size: 4 } })).toEqual([]);
  });

  it('moves overflow that is always in use into the size, and leaves the most as it is', () => {
    expect(advise({ window: { overflowShare: 1, meanUsed: 11.5 } }).change).toBe(
      'raise size from 10 to 12, and lower maxOverflow to 3',
    );
  });

  it('divides among the instances what the server has', () => {
    expect(advise({ server: { instances: 7 } })).toMatchObject({
      summary: '7 instances of up to 15 connections want 105, the server has 97',
      change: expect.stringContaining('at most 13 for each'),
    });
  });
});

describe('the advice on places in the code', () => {
  it('names the one that most of the waiting is for, and whether it works meanwhile', () => {
    const sites = [site({ waitsCausedMs: 9_000 }), site({ label: 'other', waitsCausedMs: 1_000 })];
    const busy = advise({ pool: { sites } });
    expect(busy.summary).toBe('src/orders.ts:42 createOrder causes 90 % of all waiting');
    expect(busy.change).toContain('make its queries faster');
    const idle = advise({ pool: { sites: [site({ waitsCausedMs: 9_000, idleShare: 0.8 })] } });
    expect(idle.change).toContain('acquire later or release earlier');
  });

  it('is not given where many share the blame, or nobody waits long', () => {
    const many = ['a', 'b', 'c'].map((label) => site({ label, waitsCausedMs: 3_000 }));
    expect(rulesOf({ pool: { sites: many } })).toEqual([]);
    expect(rulesOf({ pool: { sites: [site({ waitsCausedMs: 900 })] } })).toEqual([]);
    expect(rulesOf({ pool: { sites: [site({ waitsCausedMs: 9_000, leases: 3 })] } })).toEqual([]);
  });

  it('names those that leak, with their habits, three at the most', () => {
    const leases = ['a', 'b', 'c', 'd'].flatMap((label) => [leaseView({ ...leaking, label })]);
    const found = recommend(situation({ pool: { leases, sites: [site({ label: 'a', leaks: 4 })] } }));
    expect(found.map(({ rule }) => rule)).toEqual(['leaking-site', 'leaking-site', 'leaking-site']);
    expect(found[0]?.evidence.join()).toContain('4 leaks reported of this place, beside 100 leases');
    const never = recommend(
      situation({ pool: { leases, sites: [site({ label: 'a', leaks: 1, leases: 0 })] } }),
    );
    expect(never[0]?.evidence.join()).toContain('from which no lease has come back yet');
  });

  it('of a pool that is only watched nothing is advised that it has not got', () => {
    const leaks = recommend(situation({ pool: { watchedOnly: true, leases: [leaseView(leaking)] } }));
    const large = recommend(situation({ pool: { watchedOnly: true }, window: { peakUsed: 3 } }));
    for (const { change, risk } of [...leaks, ...large])
      expect(`${change} ${risk}`).not.toMatch(/reclaim|overflow|LG_/i);
    expect(large).toMatchObject([{ rule: 'pool-too-large', change: 'lower its size to 5' }]);
  });

  it('does not call a running query idle in its transaction', () => {
    const leases = [leaseView({ transaction: 'open', queryRunning: true, idleMs: undefined })];
    expect(rulesOf({ pool: { leases } })).toEqual([]);
  });
});

describe('the advice on connections', () => {
  const short = situation().pool.options;

  it('calls a lifetime too short when connects are no exception any more', () => {
    const options = { ...short, maxLifetimeMs: 5_000 };
    expect(advise({ pool: { options }, window: { connected: 4_000 } })).toMatchObject({
      rule: 'lifetime-too-short',
      evidence: [expect.stringContaining('maxLifetimeMs is 5s'), expect.any(String)],
    });
    expect(rulesOf({ pool: { options }, window: { connected: 100 } })).toEqual([]);
    expect(rulesOf({ window: { connected: 4_000 } })).toEqual([]);
    expect(rulesOf({ pool: { options }, window: { connected: 2, acquired: 4 } })).toEqual([]);
  });

  it('says "no limit" where there is none', () => {
    const options = { ...short, maxUses: 5, maxLifetimeMs: null };
    expect(advise({ pool: { options }, window: { connected: 4_000 } }).evidence[0]).toBe(
      'maxLifetimeMs is no limit, maxUses 5',
    );
  });
});

describe('without a past', () => {
  const now = (parts: Parameters<typeof situation>[0]): readonly string[] =>
    recommend({ ...situation(parts), window: undefined, server: undefined }).map(({ rule }) => rule);
  const { counters, options } = situation().pool;

  it('only what is so now is said', () => {
    expect(now({})).toEqual([]);
    expect(now({ pool: { used: 15, idle: 0, pending: 1, oldestWaitMs: 20_000 } })).toEqual([
      'saturated',
      'wait-near-timeout',
    ]);
    expect(now({ pool: { longestStallMs: 3_000 } })).toEqual(['loop-blocked']);
    expect(now({ pool: { counters: { ...counters, nested: 1, pingFailures: 5 } } })).toEqual([
      'self-deadlock',
      'stale-connections',
    ]);
    expect(now({ pool: { lastConnectError: 'no' } })).toEqual(['connects-failing']);
    expect(now({ siblings: [{ name: 'reports', max: 5_000 }] })).toEqual(['pools-share-server']);
    expect(now({ pool: { options: { ...options, acquireTimeoutMs: null }, oldestWaitMs: 99_999 } })).toEqual(
      [],
    );
  });
});
