// Plays seeds 1 to n against the core in a directory until one fails:  node seek.ts <directory> <n>
// Says each seed before it is played, so that whoever kills this process knows which one hangs.

import { writeSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import type { Core } from '../core.ts';
import { runSeed } from '../run-seed.ts';

const [directory = '', seeds = '0'] = process.argv.slice(2);
const core = (await import(pathToFileURL(join(directory, 'index.ts')).href)) as Core;
for (let seed = 1; seed <= Number(seeds); seed += 1) {
  writeSync(1, `${seed}\n`);
  const { failure } = await runSeed(core, seed);
  if (failure === undefined) continue;
  writeSync(1, `failed ${String(failure).split('\n')[0]}\n`);
  break;
}
