import { createDatabase, databaseFromEnvironment, startPostgres } from '@lifeguard/testing';
import pg from 'pg';
import { inRounds } from '../rounds.ts';
import { ratioOf, summarise } from '../statistics.ts';
import { atMost, figure } from '../suite.ts';
import type { Plan, Suite, SuiteResult, Table, Target } from '../suite.ts';
import { ClientProcess } from './client-process.ts';
import type { Slice, Workload } from './sample.ts';

const CLIENTS: Readonly<Record<string, { readonly title: string; readonly workloads: readonly Workload[] }>> =
  {
    raw: { title: 'raw `pg.Client` + hand pool', workloads: ['select', 'transaction'] },
    'pg-pool': { title: 'pg.Pool, connect + release', workloads: ['select', 'transaction'] },
    'lifeguard-pool': { title: '**LifeguardPool**, connect + release', workloads: ['select', 'transaction'] },
    'lifeguard-lease': { title: '**LifeguardPool**, `lease()`', workloads: ['select', 'transaction'] },
    'pg-pool-query': { title: 'pg.Pool, `query()`', workloads: ['select'] },
    'lifeguard-query': { title: '**LifeguardPool**, `query()`', workloads: ['select'] },
    'kysely-pg-pool': { title: 'Kysely on pg.Pool', workloads: ['select', 'transaction'] },
    'kysely-lifeguard': {
      title: '**Kysely on LifeguardPool**',
      workloads: ['select', 'transaction', 'managed'],
    },
  };
const TITLES: Readonly<Record<Exclude<Workload, 'managed'>, string>> = {
  select: '`select 1`',
  transaction: 'Short transaction: begin, update, select, commit',
};
const ROWS = 1_000;

type Slices = ReadonlyMap<string, readonly Slice[]>;

export const postgres: Suite = {
  name: 'postgres',
  title: 'On a real PostgreSQL',
  method:
    '64 tasks on 10 connections, on a loopback server that shares the processors. Each client has a process of its own; ' +
    'when V8 has compiled what is hot they take turns in slices of half a second, in another order each round. (Nothing is ' +
    'collected by force: a full collection throws optimised code away, and half a second of compiling it again is charged to ' +
    'whoever has more of it.) Client CPU is the processor time of that process, all threads, for one operation: the cheapest ' +
    'slice of each process, and the median of several generations of processes. Throughput depends on the server as well: ' +
    'differences below a tenth mean nothing.',
  run,
};

async function run(plan: Plan): Promise<SuiteResult> {
  const external = databaseFromEnvironment();
  await using server = external === undefined ? await startPostgres({ maxConnections: 150 }) : undefined;
  await using database = await createDatabase(external ?? server?.url ?? '');
  await fill(database.url);
  const slices = await measure(database.url, plan);
  const tables = (['select', 'transaction'] as const).map((workload) => toTable(workload, slices));
  return { tables, targets: toTargets(slices), samples: Object.fromEntries(slices) };
}

async function fill(url: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query('create table account (id int primary key, balance int not null)');
  await client.query('insert into account select id, 0 from generate_series(1, $1) id', [ROWS]);
  await client.end();
}

async function measure(url: string, { short, note }: Plan): Promise<Slices> {
  const cases = Object.entries(CLIENTS).flatMap(([client, { workloads }]) =>
    workloads.map((workload) => `${client} ${workload}`),
  );
  const all = new Map<string, Slice[]>(cases.map((name) => [name, []]));
  const generations = short ? 2 : 5;
  for (let generation = 1; generation <= generations; generation += 1) {
    note(`processes ${generation} of ${generations}`);
    const slices = await measureGeneration(url, cases, short ? 4 : 8);
    for (const [name, found] of slices) all.get(name)?.push(cheapest(found));
  }
  return all;
}

async function measureGeneration(url: string, cases: readonly string[], rounds: number): Promise<Slices> {
  await using stack = new AsyncDisposableStack();
  const processes = new Map<string, ClientProcess>();
  for (const client of Object.keys(CLIENTS)) {
    processes.set(client, stack.use(await ClientProcess.start({ client, url, rows: ROWS })));
  }
  const take = async (name: string): Promise<Slice> => {
    const [client = '', workload] = name.split(' ');
    return (processes.get(client) as ClientProcess).run(workload as Workload);
  };
  await inRounds(cases, 1, take); // They warm up.
  return await inRounds(cases, rounds, take);
}

/** What else runs on the machine makes a slice dearer, by the caches that it shares, and never cheaper. */
function cheapest(slices: readonly Slice[]): Slice {
  return slices.reduce((best, slice) => (cpuUsOf(slice) < cpuUsOf(best) ? slice : best));
}

function cpuUsOf({ cpuMs, operations }: Slice): number {
  return (cpuMs * 1_000) / operations;
}

function toTable(workload: 'select' | 'transaction', slices: Slices): Table {
  const rows = Object.entries(CLIENTS).flatMap(([client, { title, workloads }]) =>
    workloads
      .filter((each) => each === workload || (workload === 'transaction' && each === 'managed'))
      .map((each) => {
        const name = `${client} ${each}`;
        const cpu = summarise(cpuUs(slices, name));
        return [
          each === 'managed' ? '**managedTransaction**, with a deadline' : title,
          figure(cpu.median),
          `${figure(cpu.q1)}–${figure(cpu.q3)}`,
          figure(cpuRatio(slices, name, `raw ${workload}`)),
          figure(cpuRatio(slices, name, `pg-pool ${workload}`)),
          String(Math.round(summarise(perSecond(slices, name)).median)),
        ];
      }),
  );
  return {
    title: TITLES[workload],
    columns: ['', 'client CPU µs', 'quartiles', 'of raw', 'of pg.Pool', 'operations/s'],
    rows,
  };
}

function toTargets(slices: Slices): Target[] {
  const below = (what: string, name: string, reference: string): Target =>
    atMost(`${what}: client CPU, of ${reference.split(' ')[0]}’s`, 1, cpuRatio(slices, name, reference));
  const overRaw = (what: string, client: string): Target =>
    atMost(`${what}: client CPU, of raw`, 1.03, cpuRatio(slices, `${client} select`, 'raw select'));
  return [
    overRaw('select 1, LifeguardPool', 'lifeguard-pool'),
    overRaw('select 1, lease()', 'lifeguard-lease'),
    below('select 1, LifeguardPool', 'lifeguard-pool select', 'pg-pool select'),
    below('select 1, lease()', 'lifeguard-lease select', 'pg-pool select'),
    below('select 1, query()', 'lifeguard-query select', 'pg-pool-query select'),
    below('select 1, Kysely', 'kysely-lifeguard select', 'kysely-pg-pool select'),
    below('transaction, Kysely', 'kysely-lifeguard transaction', 'kysely-pg-pool transaction'),
  ];
}

function cpuRatio(slices: Slices, name: string, reference: string): number {
  return ratioOf(cpuUs(slices, name), cpuUs(slices, reference)).median;
}

function cpuUs(slices: Slices, name: string): number[] {
  return (slices.get(name) ?? []).map(cpuUsOf);
}

function perSecond(slices: Slices, name: string): number[] {
  return (slices.get(name) ?? []).map(({ elapsedMs, operations }) => (operations * 1_000) / elapsedMs);
}
