// What it costs to be watched, beside the same without:  node packages/register/test/measure.ts
// With DATABASE_URL, or on a server of its own. The packages must have been built. Each figure is the median of several rounds, of which
// those with and those without take turns, since others use the machine as well.

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { createDatabase, databaseFromEnvironment, startPostgres } from '@lifeguard/testing';
import { installBuilt, installPg, installPostgresJs } from './install.ts';

const ROUNDS = 15;
const WATCHED = ['--import', '@lifeguard/register'];

if (!existsSync(fileURLToPath(new URL('../dist/index.js', import.meta.url))))
  throw new Error('the packages are not built: npm run build');
const url = databaseFromEnvironment();
await using server = url === undefined ? await startPostgres() : undefined;
await using database = await createDatabase(url ?? (server?.url as string));
const directory = mkdtempSync(join(tmpdir(), 'lg-measure-'));
try {
  cpSync(fileURLToPath(new URL('fixtures', import.meta.url)), directory, { recursive: true });
  installPg(join(directory, 'node_modules'));
  installPostgresJs(join(directory, 'node_modules'));
  installBuilt(join(directory, 'node_modules'));
  compare('a process without a pool', 'ms', ['--eval', '0'], elapsed);
  compare('a process that runs one query', 'ms', ['one-query.mjs'], elapsed);
  compare('memory of a process with a pool', 'MiB', ['memory.mjs'], said);
  compare('one pool.query("select 1")', 'µs', ['many-queries.mjs'], said);
  compare('one sql`select 1` of postgres.js', 'µs', ['postgres-many.mjs'], said);
} finally {
  rmSync(directory, { recursive: true, force: true });
}

function compare(
  what: string,
  unit: string,
  args: readonly string[],
  measure: (args: readonly string[]) => number,
): void {
  const plain: number[] = [];
  const watched: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    plain.push(measure(args));
    watched.push(measure([...WATCHED, ...args]));
  }
  const [before, after] = [median(plain), median(watched)];
  const ratio = (after / before).toFixed(2);
  console.log(
    `${what}: ${before.toFixed(1)} ${unit} without, ${after.toFixed(1)} ${unit} with, ratio ${ratio}`,
  );
}

function elapsed(args: readonly string[]): number {
  const startedAt = performance.now();
  run(args);
  return performance.now() - startedAt;
}

/** What the program itself has measured. */
function said(args: readonly string[]): number {
  return Number(run(args));
}

function run(args: readonly string[]): string {
  const env = { ...process.env, DATABASE_URL: database.url, TMPDIR: directory, XDG_RUNTIME_DIR: directory };
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: directory,
    env,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
