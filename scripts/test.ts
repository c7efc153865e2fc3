// Every check of the repository: `npm test`, or `npm test -- types unit` for some of them.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { generateClient } from '../packages/prisma/test/generate-client.ts';
import { linesWithCanary } from './canary.ts';
import { checkPackages } from './check-packages.ts';
import { runSuite, runTool, type StepResult } from './tool.ts';

/** In this order, because later steps make more sense when earlier ones pass. A step may count tests. */
const steps: Readonly<Record<string, () => Promise<StepResult>>> = {
  types: () => {
    // What the tests of packages/prisma import is made, and not kept.
    generateClient();
    return runTool('tsc', ['-b']);
  },
  lint: () => runTool('oxlint', ['--type-aware', '--deny-warnings', '--report-unused-disable-directives']),
  format: () => runTool('biome', ['format', '.']),
  knip: () => runTool('knip', []),
  unit: () => vitest('unit', ['--coverage']),
  simulation: () => runSuite('test/simulation/run.ts'),
  mutants: () => runSuite('test/simulation/mutants/run.ts'),
  postgres: () => vitest('postgres'),
  faults: () => vitest('faults'),
  'pg-pool': () => runSuite('test/pg-pool-suite/run.ts'),
  packages: checkPackages,
  templates: () => vitest('templates'),
};

const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !(name in steps));
if (unknown.length > 0) {
  console.error(`no such step: ${unknown.join(', ')} (there are ${Object.keys(steps).join(', ')})`);
  process.exit(2);
}

let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => (interrupted = true));

const total = { passed: 0, failed: 0, skipped: 0 };
for (const [name, step] of Object.entries(steps)) {
  if (interrupted) break;
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  const startedAt = Date.now();
  const result = withoutSecrets(await step());
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  if (!result.ok) console.log(`\n${result.output.trim()}\n`);
  const counts = result.passed === undefined ? '' : `, ${result.passed} passed, ${result.failed ?? 0} failed`;
  const skipped = result.skipped ?? [];
  console.log(`${name.padEnd(10)} ${result.ok ? 'ok' : 'FAILED'} (${seconds} s${counts})`);
  for (const each of skipped) console.log(`           SKIPPED ${each}`);
  total.skipped += skipped.length;
  total.passed += result.passed ?? 0;
  // A failed step counts even when it has no tests of its own, or could not run them.
  total.failed += result.ok ? 0 : Math.max(1, result.failed ?? 0);
}
process.exitCode = interrupted ? 130 : total.failed > 0 ? 1 : 0;
if (total.skipped > 0) console.log(`\n${total.skipped} tests were SKIPPED: see above what they need`);
// Without tests, the counts would say that nothing was done.
const counted = total.passed > 0 || total.failed > 0;
console.log(counted ? `\n${total.passed} passed, ${total.failed} failed` : '\nall checks passed');

/** Whatever a step printed, and whichever process of it: no secret that the tests have planted may be in it. */
function withoutSecrets(result: StepResult): StepResult {
  const found = linesWithCanary(result.output);
  if (found.length === 0) return result;
  return {
    ...result,
    ok: false,
    output: `${result.output}\n\na planted secret was printed:\n${found.join('\n')}`,
  };
}

async function vitest(project: string, options: readonly string[] = []): Promise<StepResult> {
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-test-'));
  try {
    const report = join(directory, 'report.json');
    const args = ['run', '--project', project, ...options, '--reporter=default', '--reporter=json'];
    const result = await runTool('vitest', [...args, `--outputFile.json=${report}`]);
    return { ...result, ...readCounts(report) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

function readCounts(report: string): Pick<StepResult, 'passed' | 'failed' | 'skipped'> {
  try {
    const { numPassedTests, numFailedTests, testResults }: Report = JSON.parse(readFileSync(report, 'utf8'));
    const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
    const skipped = tests.filter(({ status }) => status !== 'passed' && status !== 'failed');
    return {
      passed: numPassedTests,
      failed: numFailedTests,
      skipped: skipped.map(({ fullName }) => fullName),
    };
  } catch {
    return { passed: 0, failed: 0 }; // It ended before it could report; its exit code tells.
  }
}
