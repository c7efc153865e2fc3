// The whole fault matrix, on all sides: `npm run faults`. `-- --write` puts what it measured into docs/reliability.md.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { startNamedServer } from './named-server.ts';
import type { NamedServer, ServerName } from './named-server.ts';
import { whatIsMissing } from './needs.ts';
import type { RowResult } from './row-result.ts';
import { runRow } from './run-row.ts';
import { planRuns, ROUTES, SERVERS, SIDES } from './select-runs.ts';
import type { PlannedRun, Selection } from './select-runs.ts';
import { insertTable } from './render-table.ts';
import { summarize } from './summarize.ts';
import { verdictOf } from './verdict.ts';

const { values } = parseArgs({
  options: {
    rows: { type: 'string' },
    server: { type: 'string', multiple: true },
    route: { type: 'string', multiple: true },
    side: { type: 'string', multiple: true },
    patience: { type: 'string', default: '1' },
    json: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});

const selection: Selection = {
  rows: values.rows,
  servers: SERVERS.filter((name) => values.server?.includes(name) ?? true),
  routes: ROUTES.filter((name) => values.route?.includes(name) ?? true),
  sides: SIDES.filter((name) => values.side?.includes(name) ?? true),
};

const results: RowResult[] = [];
const versions: string[] = [];
let failures = 0;
// Servers side by side; what is compared with each other runs one after the other.
await Promise.all(selection.servers.map((name) => runOn(name)));
// With what was measured before, where that was kept, and not again.
const all = [...earlierResults(), ...results];
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(all, null, 1)}\n`);
if (values.write) {
  const file = join(import.meta.dirname, '..', '..', 'docs', 'reliability.md');
  writeFileSync(file, insertTable(readFileSync(file, 'utf8'), all, versions));
}
console.log(`\n${results.length - failures} passed, ${failures} failed`);
process.exitCode = failures > 0 ? 1 : 0;

function earlierResults(): RowResult[] {
  if (values.json === undefined || !existsSync(values.json)) return [];
  const nameOf = ({ row, server, route, side }: RowResult): string => [row, server, route, side].join();
  const again = new Set(results.map(nameOf));
  const earlier = JSON.parse(readFileSync(values.json, 'utf8')) as RowResult[];
  return earlier.filter((result) => !again.has(nameOf(result)));
}

async function runOn(name: ServerName): Promise<void> {
  const plan = planRuns(selection, name);
  if (plan.length === 0) {
    console.log(`${name}: not installed, SKIPPED`);
    return;
  }
  await using server = await startNamedServer(name);
  versions.push(`PostgreSQL ${server.version}`);
  for (const planned of plan) {
    const missing = whatIsMissing(planned.row.needs);
    if (missing !== undefined) {
      console.log(`  ${planned.row.id.padEnd(28)} SKIPPED: ${missing}`);
      continue;
    }
    const failed = await runOne(planned, server);
    failures += failed;
  }
}

/** The other sides are looked at, not judged. Returns 1 when ours has failed. */
async function runOne({ row, route, side }: PlannedRun, server: NamedServer): Promise<number> {
  const result = await runRow(row, { server, route, side, patience: Number(values.patience) });
  results.push(result);
  const wrong = side === 'lifeguard' ? verdictOf(row, result) : [];
  const where = `${server.version} ${route} ${side}`.padEnd(26);
  console.log(`${wrong.length === 0 ? ' ' : '✗'} ${row.id.padEnd(28)} ${where} ${summarize([result])}`);
  for (const each of wrong) console.log(`    ${each}`);
  return wrong.length === 0 ? 0 : 1;
}
