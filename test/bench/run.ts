// Measures what Lifeguard costs, beside other pools and beside nothing: `npm run bench -- --help`.
import { writeFileSync } from 'node:fs';
import os from 'node:os';
import process from 'node:process';
import { micro } from './micro/micro.ts';
import { postgres } from './postgres/postgres.ts';
import { scale } from './structure/scale.ts';
import { reports } from './structure/reports.ts';
import { soak } from './structure/soak.ts';
import { stacks } from './structure/stacks.ts';
import { readOptions, usage } from './options.ts';
import { renderSuite, renderTargets } from './render.ts';
import type { Suite, SuiteResult } from './suite.ts';
import { writeDocument } from './write-document.ts';

const SUITES: readonly Suite[] = [micro, postgres, scale, reports, stacks, soak];

const options = readOptions(
  process.argv.slice(2),
  SUITES.map(({ name }) => name),
);
if (typeof options === 'string') {
  console.error(`${options}\n${usage}`);
  process.exit(2);
}
if (options.help) {
  console.log(usage);
  process.exit(0);
}

const results = new Map<Suite, SuiteResult>();
for (const suite of SUITES) {
  if (options.only.length > 0 && !options.only.includes(suite.name)) continue;
  console.error(`${suite.name} …`);
  const result = await suite.run({ ...options, note: (line) => console.error(`  ${line}`) });
  results.set(suite, result);
  console.log(`\n${renderSuite(suite, result)}\n`);
}
const targets = [...results.values()].flatMap((result) => result.targets);
console.log(renderTargets(targets));

const machine = {
  node: process.version,
  processor: `${os.availableParallelism()} × ${os.cpus()[0]?.model ?? 'unknown'}`,
  load: os.loadavg(),
};
if (options.json !== undefined) {
  const suites = [...results].map(([{ name }, result]) => ({ name, ...result }));
  writeFileSync(options.json, `${JSON.stringify({ machine, suites }, undefined, 2)}\n`);
}
if (options.write) {
  const load = os.loadavg().map((average) => average.toFixed(1));
  const how = options.short ? ', with `--short`' : '';
  writeDocument(results, `Node ${process.version}, ${machine.processor}${how}; load average ${load[2]}`);
}
