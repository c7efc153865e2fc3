// Plays seeds against the source of a core, such as a mutated copy of it, until one fails:
//   node test/simulation/run-seeds.ts [--core <directory>] [--from 1] [--count 1000]
// Prints one line of JSON: {"failedSeed", "message", "seedsRun", "ms"}. Whoever calls it must limit its time: a broken core
// may run for ever.

import { resolve } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import type { Core } from './core.ts';
import { runSeed } from './run-seed.ts';

const { values } = parseArgs({
  options: {
    core: { type: 'string' },
    from: { type: 'string', default: '1' },
    count: { type: 'string', default: '1000' },
  },
});
const core = (await import(
  values.core === undefined ? '@lifeguard/core' : pathToFileURL(resolve(values.core, 'index.ts')).href
)) as Core;
const from = Number(values.from);
const startedAt = Date.now();
let failed: { readonly seed: number; readonly failure?: string } | undefined;
let seedsRun = 0;
Error.stackTraceLimit = 0;
while (failed === undefined && seedsRun < Number(values.count)) {
  const result = await runSeed(core, from + seedsRun);
  seedsRun += 1;
  if (!result.ok) failed = result;
}
console.log(
  JSON.stringify({
    failedSeed: failed?.seed ?? null,
    message: failed?.failure ?? null,
    seedsRun,
    ms: Date.now() - startedAt,
  }),
);
process.exitCode = failed === undefined ? 0 : 1;
