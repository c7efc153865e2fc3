import { runChild } from '../child.ts';
import { inRounds } from '../rounds.ts';
import { ratioOf, summarise } from '../statistics.ts';
import { atMost, figure } from '../suite.ts';
import type { Plan, Suite, SuiteResult, Table } from '../suite.ts';
import type { ScaleInput, ScaleResult } from './scale-sample.ts';
import type { SpikeResult } from './spike-sample.ts';

const POOLS = ['bare-queue', 'lifeguard', 'pg-pool'] as const;
const NAMES: Readonly<Record<(typeof POOLS)[number], string>> = {
  'bare-queue': 'bare minimum',
  lifeguard: '**Lifeguard**, core `Pool`',
  'pg-pool': 'pg-pool, defaults',
};
const CONNECTIONS = [10, 100, 1_000] as const;
/** Besides those who hold the 10 connections. */
const WAITERS = [100, 1_000, 10_000, 100_000] as const;
/** What counts as flat: caches and the garbage collector see a difference where no algorithm does. */
const FLAT = 2;

export const scale: Suite = {
  name: 'scale',
  title: 'What grows, and what does not',
  method:
    'Nanoseconds of a cycle. With connections: one caller takes all and gives all back. With waiters: as many callers more ' +
    'than the 10 connections, each of which queues up again as soon as it was served. Fresh processes, fastest of 5 slices, ' +
    'median of the rounds; × is the cost beside the first column, of the same round. The spike: 50 requests at once on an ' +
    'empty pool of at most 60, where a connect takes 150 ms and a query 2 ms.',
  run,
};

type Samples = ReadonlyMap<string, readonly number[]>;

async function run(plan: Plan): Promise<SuiteResult> {
  plan.note('connections and waiters');
  const inputs: ScaleInput[] = POOLS.flatMap((pool) => [
    ...CONNECTIONS.map((connections) => ({ pool, connections, callers: 1 })),
    ...WAITERS.map((waiters) => ({ pool, connections: 10, callers: waiters + 10 })),
  ]).filter((input) => !isHopeless(input));
  const byKey = new Map(inputs.map((input) => [keyOf(input), input]));
  const samples = await inRounds([...byKey.keys()], plan.short ? 3 : 7, async (key) => {
    const input = byKey.get(key) as ScaleInput;
    return (await runChild<ScaleResult>('structure/scale-sample.ts', input)).perCycle;
  });
  plan.note('spike');
  const spikes = await inRounds(['lifeguard', 'pg-pool'], plan.short ? 1 : 5, (pool) =>
    runChild<SpikeResult>('structure/spike-sample.ts', { pool }),
  );
  const worst = (counts: readonly number[], toInput: (count: number) => ScaleInput): number =>
    Math.max(...counts.map((count) => growth(samples, toInput(count), toInput(counts[0] as number))));
  return {
    tables: [
      toTable('Connections', CONNECTIONS, samples, withConnections),
      toTable('Waiters', WAITERS, samples, withWaiters),
      spikeTable(spikes),
    ],
    targets: [
      atMost('Cost from 10 to 1,000 connections', FLAT, worst(CONNECTIONS, withConnections('lifeguard'))),
      // Each of so many waiters outlives many collections, whatever the pool: the collector copies it each time.
      atMost(
        'Growth from 100 to 100,000 waiters, of the bare minimum’s',
        1,
        worst(WAITERS, withWaiters('lifeguard')) / worst(WAITERS, withWaiters('bare-queue')),
      ),
      atMost(
        'Connections after the spike',
        8,
        Math.max(...(spikes.get('lifeguard') ?? []).map((spike) => spike.connections)),
        '',
      ),
    ],
    samples: { perCycle: Object.fromEntries(samples), spikes: Object.fromEntries(spikes) },
  };
}

function withConnections(pool: string): (connections: number) => ScaleInput {
  return (connections) => ({ pool, connections, callers: 1 });
}

function withWaiters(pool: string): (waiters: number) => ScaleInput {
  return (waiters) => ({ pool, connections: 10, callers: waiters + 10 });
}

/** pg-pool shifts its queue, which V8 does by moving all of it once it is large: it does not come to an end. */
function isHopeless({ pool, callers }: ScaleInput): boolean {
  return pool === 'pg-pool' && callers > 100_000;
}

function keyOf({ pool, connections, callers }: ScaleInput): string {
  return `${pool} ${connections} ${callers}`;
}

function growth(samples: Samples, input: ScaleInput, first: ScaleInput): number {
  return ratioOf(samples.get(keyOf(input)) ?? [], samples.get(keyOf(first)) ?? []).median;
}

function toTable(
  title: string,
  counts: readonly number[],
  samples: Samples,
  toInput: (pool: string) => (count: number) => ScaleInput,
): Table {
  const rows = POOLS.map((pool) => {
    const input = toInput(pool);
    const cells = counts.map((count) => {
      if (isHopeless(input(count))) return 'more than a minute';
      const { median } = summarise(samples.get(keyOf(input(count))) ?? []);
      return `${figure(median)} (${figure(growth(samples, input(count), input(counts[0] as number)))}×)`;
    });
    return [NAMES[pool], ...cells];
  });
  return { title, columns: ['', ...counts.map((count) => count.toLocaleString('en'))], rows };
}

function spikeTable(spikes: ReadonlyMap<string, readonly SpikeResult[]>): Table {
  const rows = (['lifeguard', 'pg-pool'] as const).map((pool) => {
    const found = spikes.get(pool) ?? [];
    return [
      NAMES[pool],
      figure(summarise(found.map(({ connections }) => connections)).median),
      figure(summarise(found.map(({ lastServedMs }) => lastServedMs)).median),
    ];
  });
  return { title: 'Spike', columns: ['', 'connections at the end', 'last request served after, ms'], rows };
}
