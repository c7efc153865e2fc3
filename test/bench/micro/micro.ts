import { runChild } from '../child.ts';
import { inRounds } from '../rounds.ts';
import { ratioOf, summarise } from '../statistics.ts';
import { atLeast, atMost, figure } from '../suite.ts';
import type { Plan, Suite, SuiteResult, Table, Target } from '../suite.ts';
import type { Pattern } from './patterns.ts';
import type { SampleInput, SampleResult } from './sample.ts';

const POOLS = [
  'lifeguard',
  'lifeguard-pool',
  'pg-pool',
  'pg-pool-timeout',
  'lightning-pool',
  'generic-pool',
  'tarn',
];
const NAMES: Readonly<Record<string, string>> = {
  'bare-minimum': 'bare minimum: array pop + resolved promise',
  'bare-queue': 'bare minimum: array + ring of resolvers',
  lifeguard: '**Lifeguard**, core `Pool`',
  'lifeguard-pool': '**LifeguardPool** (pg-pool’s interface)',
  'pg-pool': 'pg-pool, defaults',
  'pg-pool-timeout': 'pg-pool, `connectionTimeoutMillis: 2000`',
};
const BARE: Readonly<Record<Pattern, string>> = { sequential: 'bare-minimum', contended: 'bare-queue' };
const TITLES: Readonly<Record<Pattern, string>> = {
  sequential: 'Acquire + release, one caller',
  contended: 'Acquire + release, 100 callers on 10 connections',
};
/** New space that is larger than all that the cycles of one sample allocate. */
const NO_COLLECTIONS = ['--min-semi-space-size=256', '--max-semi-space-size=256'];

interface Group {
  readonly pattern: Pattern;
  readonly inside: boolean;
}

interface Measured extends Group {
  readonly nanoseconds: ReadonlyMap<string, readonly number[]>;
  readonly bytes: ReadonlyMap<string, readonly number[]>;
}

export const micro: Suite = {
  name: 'micro',
  title: 'Acquire and release, no I/O',
  method:
    'A fresh process for each sample; in each round every pool once, in another order. A sample is the fastest of 7 slices ' +
    'of 25 ms after 250 ms of warm-up; the table has the median over the rounds with its quartiles, and ratios of samples of ' +
    'the same round. Bytes: growth of the heap over 20,000 cycles, without a collection in between, divided by them.',
  run,
};

async function run(plan: Plan): Promise<SuiteResult> {
  const groups: Group[] = (plan.short ? [true] : [true, false]).flatMap((inside) => [
    { pattern: 'sequential', inside },
    { pattern: 'contended', inside },
  ]);
  const measured: Measured[] = [];
  for (const group of groups) {
    plan.note(`${TITLES[group.pattern]}, ${where(group)}`);
    measured.push(await measureGroup(group, plan.short));
  }
  return {
    tables: measured.map(toTable),
    targets: measured.filter(({ inside }) => inside).flatMap(toTargets),
    samples: measured.map((group) => ({
      ...group,
      nanoseconds: Object.fromEntries(group.nanoseconds),
      bytes: Object.fromEntries(group.bytes),
    })),
  };
}

async function measureGroup(group: Group, short: boolean): Promise<Measured> {
  const cases = [BARE[group.pattern], ...POOLS];
  const sample = async (pool: string, measure: 'time' | 'bytes'): Promise<number> => {
    const input: SampleInput = { ...group, pool, measure };
    const flags = measure === 'bytes' ? NO_COLLECTIONS : [];
    return (await runChild<SampleResult>('micro/sample.ts', input, { flags })).perCycle;
  };
  return {
    ...group,
    nanoseconds: await inRounds(cases, short ? 3 : 9, (pool) => sample(pool, 'time')),
    bytes: await inRounds(cases, short ? 1 : 3, (pool) => sample(pool, 'bytes')),
  };
}

function toTable({ pattern, inside, nanoseconds, bytes }: Measured): Table {
  const rows = [BARE[pattern], ...POOLS].map((pool) => {
    const time = summarise(of(nanoseconds, pool));
    const ratio = (reference: string): string =>
      `${figure(ratioOf(of(nanoseconds, pool), of(nanoseconds, reference)).median)}×`;
    return [
      NAMES[pool] ?? pool,
      figure(time.median),
      `${figure(time.q1)}–${figure(time.q3)}`,
      ratio(BARE[pattern]),
      ratio('pg-pool'),
      figure(summarise(of(bytes, pool)).median),
    ];
  });
  return {
    title: `${TITLES[pattern]}, ${where({ pattern, inside })}`,
    columns: ['', 'ns', 'quartiles', 'of the bare minimum', 'of pg-pool', 'bytes'],
    rows,
  };
}

function toTargets({ pattern, nanoseconds, bytes }: Measured): Target[] {
  const time = (a: string, b: string): number => ratioOf(of(nanoseconds, a), of(nanoseconds, b)).median;
  const heap = (a: string, b: string): number => ratioOf(of(bytes, a), of(bytes, b)).median;
  const limits =
    pattern === 'sequential' ? { bare: 1.8, faster: 7, heap: 0.25 } : { bare: 1.5, faster: 5, heap: 0.5 };
  const title = TITLES[pattern];
  return [
    atMost(`${title}: time, of the bare minimum`, limits.bare, time('lifeguard', BARE[pattern])),
    atLeast(`${title}: faster than pg-pool`, limits.faster, time('pg-pool', 'lifeguard')),
    atMost(`${title}: heap, of pg-pool’s`, limits.heap, heap('lifeguard', 'pg-pool')),
  ];
}

function of(samples: ReadonlyMap<string, readonly number[]>, pool: string): readonly number[] {
  return samples.get(pool) ?? [];
}

function where({ inside }: Group): string {
  return inside ? 'inside an AsyncLocalStorage context' : 'outside of any context';
}
