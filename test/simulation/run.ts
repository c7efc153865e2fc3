// The simulation as a step of `npm test`:  node test/simulation/run.ts
// It prints a line for each check, and "12 passed, 0 failed" at the end.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import process from 'node:process';
import * as core from '@lifeguard/core';
import { runCampaign } from './campaign.ts';
import { kindTable, missingKinds } from './coverage.ts';
import { runSeed } from './run-seed.ts';
import { exploreAll, smallWorldCount } from './small-worlds.ts';

const SEEDS = 20_000;
/** Seeds that are played on every version of Node, each in one process. */
const COMPARED = 300;
const OTHER_NODES = ['node22', 'node26'];

Error.stackTraceLimit = 0;
const tally = { passed: 0, failed: 0 };
await playSeeds();
const compared = compareVersions();
await replaySeeds();
const broken = await exploreAll(console.log);
await compared;
tally.passed += smallWorldCount - broken;
tally.failed += broken;
console.log(`${tally.passed} passed, ${tally.failed} failed`);
process.exitCode = tally.failed > 0 ? 1 : 0;

function check(name: string, problems: readonly string[]): void {
  console.log(`${problems.length === 0 ? 'ok    ' : 'BROKEN'} ${name}`);
  for (const problem of problems.slice(0, 20)) console.log(`       ${problem}`);
  if (problems.length === 0) tally.passed += 1;
  else tally.failed += 1;
}

async function playSeeds(): Promise<void> {
  const { failures, kinds, events, seeds, ms } = await runCampaign({ from: 1, count: SEEDS });
  check(
    `every rule holds after each of ${events} steps of ${seeds} seeds (${Math.round(seeds / (ms / 1_000))} seeds/s)`,
    failures.map(({ seed, failure }) => `npm run simulate -- --seed ${seed}    ${failure}`),
  );
  const missing = missingKinds(kinds);
  check('everything that can happen has happened in some seed', missing);
  if (missing.length > 0) console.log(kindTable(kinds));
}

/** The same again is the same; and waiting longer for quiet changes nothing, so what is seen after a step is all of it. */
async function replaySeeds(): Promise<void> {
  const differing: string[] = [];
  for (let seed = 1; seed <= COMPARED; seed += 1) {
    const first = await runSeed(core, seed);
    const again = await runSeed(core, seed, { quietTurns: 60 });
    if (first.hash !== again.hash) differing.push(`seed ${seed}: ${first.hash}, then ${again.hash}`);
  }
  check(`a replay is the same history, for ${COMPARED} seeds`, differing);
}

async function compareVersions(): Promise<void> {
  const ours = await hashesBy(process.execPath);
  for (const name of OTHER_NODES) {
    const folder = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
    const theirs = await hashesBy(join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node'));
    const differing = ours.flatMap((line, index) =>
      line === theirs[index] ? [] : [`here ${line}, there ${theirs[index] ?? 'nothing'}`],
    );
    check(`${COMPARED} histories are the same on ${name} as on Node ${process.versions.node}`, differing);
  }
}

async function hashesBy(node: string): Promise<string[]> {
  const args = [join(import.meta.dirname, 'run-hashes.ts'), '--count', String(COMPARED)];
  const child = spawn(node, args, { stdio: ['ignore', 'pipe', 'inherit'], timeout: 300_000 });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) return [`${node} ended with ${code ?? 'a signal'}`];
  return output.trim().split('\n');
}
