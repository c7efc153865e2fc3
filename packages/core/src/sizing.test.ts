import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { leaseView } from '../test/situation.ts';
import { isLifeguardError } from './errors.ts';
import { resolvePoolOptions } from './resolve-pool-options.ts';
import { isMostlyLeaked, sizeForLoad, sizeForWorkers, sizePerInstance } from './sizing.ts';
import type { BudgetOptions, InstanceBudget } from './sizing.ts';
import type { LeaseView } from './snapshot.ts';

/** LG_SEED and LG_PATH repeat a failure: they are the seed and path that it prints. */
const { LG_SEED, LG_PATH } = process.env;
const RUNS = {
  numRuns: 2_000,
  ...(LG_SEED === undefined ? {} : { seed: Number(LG_SEED) }),
  ...(LG_PATH === undefined ? {} : { path: LG_PATH }),
};

const budget: fc.Arbitrary<BudgetOptions> = fc.record(
  {
    instances: fc.integer({ min: 1, max: 500 }),
    backends: fc.integer({ min: 1, max: 5_000 }),
    reserve: fc.integer({ min: 0, max: 200 }),
    surge: fc.integer({ min: 0, max: 200 }),
    sharing: fc.oneof(fc.integer({ min: 1, max: 10 }), fc.double({ min: 1, max: 10, noNaN: true })),
    overflowShare: fc.double({ min: 0, max: 1, noNaN: true }),
  },
  { requiredKeys: ['instances', 'backends'] },
);

/** The budget; or, where an instance would get nothing, the smallest number of backends that the error asks for. */
function sized(options: BudgetOptions): InstanceBudget | { readonly needed: number } {
  try {
    return sizePerInstance(options);
  } catch (error) {
    if (!isLifeguardError(error, 'LG_INVALID_OPTION')) throw error;
    return { needed: Number(/must be at least (\d+)/.exec(error.summary)?.[1]) };
  }
}

describe('the budget of an instance', () => {
  test('all instances and those of a deployment together never exceed it, and each has at least one connection', () => {
    fc.assert(
      fc.property(budget, (options) => {
        const result = sized(options);
        if ('needed' in result) return;
        const { surge = Math.ceil(options.instances / 4), sharing = 1 } = options;
        const { reserve = Math.max(3, Math.ceil(options.backends / 10)) } = options;
        const each = result.size + result.maxOverflow;
        expect(result.size).toBeGreaterThanOrEqual(1);
        expect(result.maxOverflow).toBeGreaterThanOrEqual(0);
        expect(result.backends).toBe(options.backends - reserve);
        expect(result.connections).toBe(each * (options.instances + surge));
        expect(result.connections).toBeLessThanOrEqual(result.backends * sharing + 1e-6);
        // One more for each would be too many.
        expect((each + 1) * (options.instances + surge)).toBeGreaterThan(result.backends * sharing - 1e-6);
      }),
      RUNS,
    );
  });

  test('what an error asks for is enough, and one less is not', () => {
    fc.assert(
      fc.property(budget, (options) => {
        const result = sized(options);
        if (!('needed' in result)) return;
        expect(sized({ ...options, backends: result.needed })).not.toHaveProperty('needed');
        expect(sized({ ...options, backends: result.needed - 1 })).toHaveProperty('needed');
      }),
      RUNS,
    );
  });

  test('a pool takes it as it is', () => {
    const { size, maxOverflow } = sizePerInstance({ instances: 3, backends: 100, overflowShare: 0.5 });
    expect(resolvePoolOptions({ size, maxOverflow })).toMatchObject({ size: 11, maxOverflow: 11 });
  });

  test.each<[BudgetOptions, object]>([
    [
      { instances: 1, backends: 100 },
      { size: 45, backends: 90, connections: 90 },
    ],
    [
      { instances: 8, backends: 100 },
      { size: 9, backends: 90, connections: 90 },
    ],
    [
      { instances: 8, backends: 100, surge: 0 },
      { size: 11, connections: 88 },
    ],
    [
      { instances: 8, backends: 100, reserve: 0, surge: 0 },
      { size: 12, backends: 100, connections: 96 },
    ],
    [
      { instances: 10, backends: 10, reserve: 0, surge: 0, sharing: 1.1 },
      { size: 1, connections: 10 },
    ],
    [{ instances: 1, backends: 10, reserve: 0, surge: 0, sharing: 1.1 }, { size: 11 }],
    [
      { instances: 200, backends: 60, sharing: 5 },
      { size: 1, backends: 54, connections: 250 },
    ],
    [
      { instances: 1, backends: 33, surge: 0, overflowShare: 1 },
      { size: 1, maxOverflow: 28 },
    ],
  ])('%j comes to %j', (options, expected) => expect(sizePerInstance(options)).toMatchObject(expected));

  test('too few backends are told with the sum that is missing', () => {
    expect(() => sizePerInstance({ instances: 40, backends: 20 })).toThrow(
      'option "backends" must be at least 56, one for each of 40 instances and 10 in a deployment (1 to a backend), with 6 in reserve; or put a pooler in between and set "sharing", got 20',
    );
  });

  test.each<[keyof BudgetOptions, unknown]>([
    ['instances', 0],
    ['instances', 2.5],
    ['instances', undefined],
    ['instances', '3'],
    ['instances', Infinity],
    ['backends', 0],
    ['backends', Number.NaN],
    ['backends', 1_000_001],
    ['reserve', -1],
    ['surge', 0.5],
    ['sharing', 0.9],
    ['sharing', Infinity],
    ['sharing', '2'],
    ['overflowShare', 1.1],
    ['overflowShare', Number.NaN],
  ])('%s: %j is refused by name', (option, value) => {
    const options = { instances: 2, backends: 100, [option]: value } as BudgetOptions;
    expect(() => sizePerInstance(options)).toThrow(`option "${option}" must be`);
  });
});

describe('what workers want', () => {
  test('eight workers with two connections each come to the defaults of a pool', () => {
    const { size, maxOverflow } = resolvePoolOptions({});
    expect(sizeForWorkers({ workers: 8, perWorker: 2 })).toEqual({ size, maxOverflow });
  });

  test.each([
    [{ workers: 10, perWorker: 1, buffer: 0.1 }, 11],
    [{ workers: 4, perWorker: 3, buffer: 0.5 }, 18],
    [{ workers: 1, perWorker: 0.2, buffer: 0 }, 1],
    [{ workers: 3, perWorker: 2.5 }, 10],
  ])('%j want %i', (options, size) =>
    expect(sizeForWorkers(options)).toEqual({ size, maxOverflow: 2 * size }),
  );

  test.each([
    { workers: 0, perWorker: 1 },
    { workers: 1, perWorker: 0 },
    { workers: 1, perWorker: 1, buffer: -0.1 },
    { workers: 1, perWorker: 1, buffer: Number.NaN },
  ])('%j is refused', (options) => expect(() => sizeForWorkers(options)).toThrow(/must be/));
});

describe('the size for a load', () => {
  test.each([
    [0, 1],
    [0.2, 1],
    [1, 2],
    [30, 36],
    [100, 110],
  ])('of %d connections in use on average is %i', (load, size) => {
    expect(sizeForLoad(load)).toBe(size);
  });

  test('is not to be had where more than a fifth is suspected of being leaked', () => {
    const lease = (suspected: boolean): LeaseView => leaseView({ suspected });
    const leases = [lease(true), ...Array.from({ length: 4 }, () => lease(false))];
    expect(isMostlyLeaked({ leases, used: 5 })).toBe(false);
    expect(isMostlyLeaked({ leases: [...leases, lease(true)], used: 6 })).toBe(true);
    expect(isMostlyLeaked({ leases: [], used: 0 })).toBe(false);
  });
});
