// Prints the hash of each seed, one a line: how other versions of Node are compared.
//   node test/simulation/run-hashes.ts [--from 1] [--count 300]

import { parseArgs } from 'node:util';
import * as core from '@lifeguard/core';
import { runSeed } from './run-seed.ts';

const { values } = parseArgs({
  options: { from: { type: 'string', default: '1' }, count: { type: 'string', default: '300' } },
});
const from = Number(values.from);
Error.stackTraceLimit = 0;
for (let seed = from; seed < from + Number(values.count); seed += 1) {
  const { hash, failure = 'ok' } = await runSeed(core, seed);
  console.log(`${seed} ${hash} ${failure}`);
}
