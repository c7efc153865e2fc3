// Proves the simulator: plants every mutant into a copy of the core, and plays seeds until one fails.
//   node test/simulation/mutants/run.ts [--id <mutant>]… [--seeds 2500] [--write]
// `--write` puts what was found into docs/mutants.md. The core without a bug must pass as many seeds.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { MUTANTS } from './all-mutants.ts';
import { hunt } from './hunt.ts';
import { median, withTable } from './mutant-table.ts';
import type { Finding } from './mutant-table.ts';
import type { Mutant } from './mutant.ts';

/** The slowest to be found takes more than a thousand; the others a handful. */
const SEEDS = '2500';
/** Processes at the same time. */
const WIDTH = 2;
const PAGE = join(import.meta.dirname, '../../../docs/mutants.md');

const { values } = parseArgs({
  options: {
    id: { type: 'string', multiple: true },
    seeds: { type: 'string', default: SEEDS },
    write: { type: 'boolean', default: false },
  },
});
const chosen = values.id === undefined ? MUTANTS : MUTANTS.filter(({ id }) => values.id?.includes(id));
if (chosen.length === 0) throw new Error(`there is no mutant ${values.id?.join()}`);

const findings = new Map<string, Finding>();
const failed: string[] = [];
let passes = 0;
// First the one that takes longest, since it must not be found; with one mutant, it is that one which matters.
const queue: (Mutant | undefined)[] = values.id === undefined ? [undefined, ...chosen] : [...chosen];
await Promise.all(Array.from({ length: WIDTH }, () => work()));

if (values.write && failed.length === 0 && values.id === undefined)
  writeFileSync(PAGE, withTable(readFileSync(PAGE, 'utf8'), MUTANTS, findings));
for (const line of failed) console.log(`FAILED  ${line}`);
const most = Math.max(...[...findings.values()].map(({ seeds }) => seeds));
console.log(`half of them were found within ${median(findings.values())} seeds, all within ${most}`);
console.log(`${findings.size + passes} passed, ${failed.length} failed`);
process.exitCode = failed.length > 0 ? 1 : 0;

async function work(): Promise<void> {
  while (queue.length > 0) {
    const mutant = queue.shift();
    const { seeds, message } = await hunt(mutant, Number(values.seeds));
    if (mutant === undefined) judgeUnmutated(seeds, message);
    else judge(mutant, seeds, message);
  }
}

function judge({ id, bug }: Mutant, seeds: number, message: string | undefined): void {
  console.log(
    `${id.padEnd(34)} ${message === undefined ? 'NOT FOUND' : `${String(seeds).padStart(5)}  ${message}`}`,
  );
  if (message === undefined) failed.push(`${id} is not found within ${seeds} seeds: ${bug}`);
  else findings.set(id, { id, seeds, message });
}

function judgeUnmutated(seeds: number, message: string | undefined): void {
  console.log(`${'(no mutant)'.padEnd(34)} ${message ?? `${seeds} seeds pass`}`);
  if (message === undefined) passes += 1;
  else failed.push(`the core without a bug fails in seed ${seeds}: ${message}`);
}
