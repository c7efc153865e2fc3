import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const fixtures = fileURLToPath(new URL('fixtures', import.meta.url));
const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');

/** What a run of tests has come to. */
export interface TestRunOutcome {
  readonly code: number | null;
  /** What it printed. */
  readonly output: string;
  /** How each test ended, by its name. */
  readonly tests: ReadonlyMap<string, 'passed' | 'failed'>;
  /** What each failed test failed with, by its name; only of Vitest. */
  readonly failures: ReadonlyMap<string, string>;
}

/** Runs the files of a project in `fixtures` with Vitest. */
export async function runVitest(
  project: string,
  files: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<TestRunOutcome> {
  const directory = await mkdtemp(join(tmpdir(), 'lifeguard-vitest-'));
  try {
    const report = join(directory, 'report.json');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const root = join(fixtures, project);
    const ended = await run([vitest, 'run', '--root', root, ...reporters, ...files], root, env);
    return { ...ended, ...readReport(await readFile(report, 'utf8').catch(() => '')) };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Runs a file of a project in `fixtures` with `node:test`. */
export async function runNodeTest(
  file: string,
  options: readonly string[] = [],
): Promise<Omit<TestRunOutcome, 'failures'>> {
  const args = [...options, '--test', '--test-reporter=tap', file];
  const ended = await run(args, join(fixtures, 'node-test'), {});
  const tests = new Map<string, 'passed' | 'failed'>();
  for (const [, not, name = ''] of ended.output.matchAll(/^ *(not )?ok \d+ - (.*)$/gm)) {
    tests.set(name, not === undefined ? 'passed' : 'failed');
  }
  return { ...ended, tests };
}

/** The line of a fixture with this mark, as a place is written. */
export async function placeOf(file: string, mark: string): Promise<string> {
  const lines = (await readFile(join(fixtures, file), 'utf8')).split('\n');
  const line = lines.findIndex((each) => each.includes(mark)) + 1;
  if (line === 0) throw new Error(`${file} has no line with "${mark}"`);
  return `${file.split('/').at(-1)}:${line}`;
}

async function run(
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<Pick<TestRunOutcome, 'code' | 'output'>> {
  // As if nothing had started it: a test runner behaves differently in another one.
  const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, VITEST: ___, ...own } = process.env;
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...own, NO_COLOR: '1', CI: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [output, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { code, output: output + errors };
}

interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly title: string;
      readonly status: 'passed' | 'failed';
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

function readReport(json: string): Pick<TestRunOutcome, 'tests' | 'failures'> {
  const report = json === '' ? { testResults: [] } : (JSON.parse(json) as Report);
  const results = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  return {
    tests: new Map(results.map(({ title, status }) => [title, status])),
    failures: new Map(results.map(({ title, failureMessages }) => [title, failureMessages.join('\n\n')])),
  };
}
