// Runs the test suite that ships with pg-pool, unchanged:  node test/pg-pool-suite/run.ts
// Once against LifeguardPool, where it fails on a failing test that differences.ts does not explain, and on an explained one that
// passes; and once against pg-pool itself while watchPool() watches it, where all must pass.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { createDatabase, databaseFromEnvironment, startPostgres } from '@lifeguard/testing';
import { DIFFERENCES } from './differences.ts';
import type { Difference } from './differences.ts';

interface MochaTest {
  readonly fullTitle: string;
  readonly err: { readonly message?: string; readonly stack?: string };
}

interface MochaReport {
  readonly passes: readonly MochaTest[];
  readonly failures: readonly MochaTest[];
  readonly pending: readonly MochaTest[];
}

const here = import.meta.dirname;
const resolve = createRequire(import.meta.url).resolve;
const limitMs = 180_000;

/** What stands where the suite expects pg-pool, and what may fail then. */
interface Subject {
  readonly title: string;
  readonly shim: string;
  readonly differences: Readonly<Record<string, Difference>>;
}

const SUBJECTS: readonly Subject[] = [
  { title: 'LifeguardPool', shim: 'pool-shim.cjs', differences: DIFFERENCES },
  { title: 'pg-pool, watched', shim: 'watched-shim.cjs', differences: {} },
];

let passed = 0;
let failed = 0;
for (const subject of SUBJECTS) {
  const result = await judge(subject);
  passed += result.passed;
  failed += result.failed.size;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

async function judge(subject: Subject): Promise<Comparison> {
  // Several of its tests give the server some tens of milliseconds: on a busy machine one of them may fail for that alone.
  let result = compare(await runMocha(subject.shim), subject.differences);
  if (result.failed.size > 0) {
    console.log(`trying again, since these failed: ${[...result.failed.keys()].join('; ')}\n`);
    result = compare(await runMocha(subject.shim), subject.differences);
  }
  console.log(`${subject.title}:`);
  for (const [title, why] of result.failed) console.log(`FAILED  ${title}\n${why}\n`);
  for (const title of result.explained)
    console.log(`differs ${title}\n        ${subject.differences[title]?.reason}`);
  console.log(
    `${result.passed} tests pass; ${result.explained.length} explained differences, ${result.skipped} skipped by the suite itself\n`,
  );
  return result;
}

interface Comparison {
  readonly passed: number;
  readonly skipped: number;
  readonly explained: readonly string[];
  /** Title → why. */
  readonly failed: ReadonlyMap<string, string>;
}

function compare(report: MochaReport, differences: Subject['differences']): Comparison {
  // A test that fails twice (`done` called again) is listed twice.
  const failures = new Map(
    report.failures.map(({ fullTitle, err }) => [fullTitle, err.stack ?? err.message ?? '']),
  );
  const failed = new Map([...failures].filter(([title]) => !(title in differences)));
  for (const [title, { maySucceed }] of Object.entries(differences)) {
    if (!failures.has(title) && maySucceed !== true)
      failed.set(title, 'listed as a difference, but did not fail');
  }
  return {
    passed: report.passes.filter(({ fullTitle }) => !failures.has(fullTitle)).length,
    skipped: report.pending.length,
    explained: Object.keys(differences).filter((title) => failures.has(title)),
    failed,
  };
}

async function runMocha(shim: string): Promise<MochaReport> {
  const url = databaseFromEnvironment();
  await using server = url === undefined ? await startPostgres() : undefined;
  await using database = await createDatabase(url ?? (server?.url as string));
  const directory = await layOut(shim);
  try {
    const output = join(directory, 'report.json');
    const mocha = join(dirname(resolve('mocha/package.json')), 'bin', 'mocha.js');
    // The suite is older than this pg, and ends the process at any warning: also at pg's about `Promise` as an option.
    // `--exit`: a test that fails leaves connections open.
    const options = [
      '--no-deprecation',
      mocha,
      '--exit',
      '--reporter',
      'json',
      '--reporter-option',
      `output=${output}`,
    ];
    const child = spawn(process.execPath, [...options, 'test/*.js'], {
      cwd: directory,
      env: { ...process.env, ...environmentFor(database.url) },
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: limitMs,
    });
    let complaints = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    try {
      return JSON.parse(await readFile(output, 'utf8')) as MochaReport;
    } catch {
      throw new Error(`mocha ended with ${signal ?? code} before it could report:\n${complaints}`);
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** A folder like an unpacked pg-pool, with ours in place of its index.js. */
async function layOut(shim: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'lifeguard-pg-pool-suite-'));
  await cp(join(dirname(resolve('pg-pool-suite')), 'test'), join(directory, 'test'), { recursive: true });
  await copyFile(join(here, shim), join(directory, 'index.js'));
  await symlink(join(dirname(here), 'node_modules'), join(directory, 'node_modules'), 'junction');
  return directory;
}

/** The suite names no server: it goes by the variables of libpq. */
function environmentFor(url: string): NodeJS.ProcessEnv {
  const { hostname, port, username, password, pathname } = new URL(url);
  return {
    PGHOST: hostname,
    PGPORT: port,
    PGUSER: decodeURIComponent(username),
    PGPASSWORD: decodeURIComponent(password),
    PGDATABASE: pathname.slice(1),
  };
}
