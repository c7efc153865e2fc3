// Run as a program of its own, with --expose-gc, by dropped-handles.pg.test.ts.
import process from 'node:process';
// @ts-expect-error: it has no types of its own
import Cursor from 'pg-cursor';
import { Kysely, sql } from 'kysely';
import { LifeguardPool } from '@lifeguard/pg';
import { LifeguardDialect } from '../src/lifeguard-dialect.ts';
import type { Database } from './postgres.ts';

/** What it prints: evidence against leases, by label. */
export type Findings = Readonly<Record<string, readonly string[]>>;

const collect = globalThis.gc as () => void;
const logger = { warn: () => undefined, error: () => undefined };
const connectionString = process.argv[2];
// It looks often; and nothing but garbage is suspect.
const pool = new LifeguardPool({
  connectionString,
  logger,
  max: 8,
  monitorIntervalMs: 10,
  leakThresholdMs: Infinity,
  idleThresholdMs: Infinity,
});
const found: Record<string, string[]> = {};
pool.on('leak', ({ lease, evidence }) => {
  (found[lease.label ?? '?'] ??= []).push(...evidence);
});

/** Ways to hold a connection. What they resolve to is all that its holder has. */
const ways: Record<string, (label: string) => Promise<unknown>> = {
  lease: async (label) => {
    const lease = await pool.lease({ label });
    await lease.query('select 1');
    return lease;
  },
  controlled: async (label) => {
    const trx = await instance(label).startTransaction().execute();
    await sql`select 1`.execute(trx);
    return trx;
  },
  stream: async (label) => {
    const rows = sql<{ n: number }>`select generate_series(1, 1000) as n`.compile(instance(label));
    const iterator = instance(label).getExecutor().stream(rows, 1);
    await iterator.next();
    return iterator;
  },
};

function instance(label: string): Kysely<Database> {
  return new Kysely<Database>({ dialect: new LifeguardDialect({ pool, label, cursor: Cursor }) });
}

const kept: unknown[] = [];
for (const [name, hold] of Object.entries(ways)) {
  await hold(`dropped ${name}`);
  kept.push(await hold(`kept ${name}`));
}

const droppedAll = () => Object.keys(ways).every((name) => found[`dropped ${name}`] !== undefined);
const giveUpAt = performance.now() + 5_000;
for (let looks = 0; looks < 20 && performance.now() < giveUpAt; ) {
  collect();
  await new Promise((resolve) => {
    setTimeout(resolve, 10);
  });
  // Some looks more, in which those that are kept could be found.
  if (droppedAll()) looks += 1;
}
process.stdout.write(JSON.stringify({ ...found, held: kept.map(() => 'yes') } satisfies Findings));
await pool.close({ drainMs: 0 });
