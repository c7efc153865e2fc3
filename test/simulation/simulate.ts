// Plays seeds of the simulation:
//   npm run simulate -- --seed 12345            the history of one seed, up to the rule that it breaks
//   npm run simulate -- --seeds 2000000         many seeds, on all processors; with --from 1 --workers 2
//   npm run simulate -- --small                 all interleavings of the small worlds

import process from 'node:process';
import { parseArgs } from 'node:util';
import * as core from '@lifeguard/core';
import { runCampaign } from './campaign.ts';
import type { CampaignReport } from './campaign.ts';
import { kindTable, missingKinds } from './coverage.ts';
import { runSeed } from './run-seed.ts';
import { exploreAll } from './small-worlds.ts';

/** A table of kinds says nothing about fewer seeds. */
const ENOUGH_SEEDS = 5_000;
const PROGRESS_MS = 5_000;

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string' },
    small: { type: 'boolean' },
    from: { type: 'string', default: '1' },
    workers: { type: 'string' },
  },
});
if (values.seed !== undefined) await replay(Number(values.seed));
else if (values.seeds !== undefined) await play(Number(values.seeds));
else if (values.small === true) process.exitCode = (await exploreAll(console.log)) === 0 ? 0 : 1;
else throw new Error('say --seed <number>, --seeds <count> or --small');

async function replay(seed: number): Promise<void> {
  const startedAt = performance.now();
  const result = await runSeed(core, seed);
  const ms = performance.now() - startedAt;
  for (const line of result.lines) console.log(line);
  console.log(`\nseed ${seed}: ${result.events} steps in ${ms.toFixed(1)} ms, hash ${result.hash}`);
  console.log(result.failure === undefined ? 'every rule held' : `BROKEN  ${result.failure}`);
  process.exitCode = result.ok ? 0 : 1;
}

async function play(count: number): Promise<void> {
  let toldAt = Date.now();
  const onProgress = (report: CampaignReport): void => {
    if (Date.now() - toldAt < PROGRESS_MS) return;
    toldAt = Date.now();
    console.log(`${((report.seeds / count) * 100).toFixed(1).padStart(5)} %  ${rateOf(report)}`);
  };
  const workers = values.workers === undefined ? {} : { workers: Number(values.workers) };
  const report = await runCampaign({ from: Number(values.from), count, onProgress, ...workers });
  console.log(`\n${kindTable(report.kinds)}\n`);
  for (const { seed, failure } of report.failures)
    console.log(`BROKEN  ${failure}\n        npm run simulate -- --seed ${seed}`);
  const missing = count < ENOUGH_SEEDS ? [] : missingKinds(report.kinds);
  if (missing.length > 0) console.log(`NEVER HAPPENED  ${missing.join(', ')}`);
  console.log(rateOf(report));
  process.exitCode = report.failures.length + missing.length === 0 ? 0 : 1;
}

function rateOf({ seeds, events, ms, failures }: CampaignReport): string {
  const rate = Math.round(seeds / (ms / 1_000));
  return `${seeds} seeds, ${events} steps in ${(ms / 1_000).toFixed(1)} s (${rate} seeds/s), ${failures.length} broken`;
}
