// Runs a task of this repository on its own Node, whatever Node (20 or later) is installed:
//   node scripts/run.mjs <task> | <command of an installed tool>   [arguments]
// It needs nothing but npm; a first run installs the locked dependencies.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { commandFile, root, run, runPnpm } from './node-process.mjs';

const stampFile = join(root, 'node_modules', '.installed');
const node = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

/** @type {Readonly<Record<string, string>>} */
const TASKS = {
  demo: 'scripts/demo.ts',
  test: 'scripts/test.ts',
  simulate: 'test/simulation/simulate.ts',
  mutants: 'test/simulation/mutants/run.ts',
  bench: 'test/bench/run.ts',
  faults: 'test/faults/main.ts',
  templates: 'scripts/pack-templates.ts',
  'bench:overload': 'test/overload/bench.ts',
};

const [task, ...args] = process.argv.slice(2);
if (task === undefined)
  fail(`usage: node scripts/run.mjs ${Object.keys(TASKS).join(' | ')} | <tool>   [arguments]`);
if (process.env['npm_lifecycle_event'] !== undefined) endWithNpm();
await installIfNeeded();
const script = Object.hasOwn(TASKS, task) ? join(root, TASKS[task] ?? '') : commandFile(task);
if (script === undefined || !existsSync(script)) fail(`there is no task "${task}"`);
process.exitCode = (await run(node, [script, ...args], { node })).code;

async function installIfNeeded() {
  const wanted = installStamp();
  if (existsSync(stampFile) && existsSync(node) && readFileSync(stampFile, 'utf8') === wanted) return;

  console.log('installing dependencies (a minute the first time) ...');
  const startedAt = Date.now();
  const { code, output } = await runPnpm(['install', '--frozen-lockfile']);
  if (code !== 0) fail(`${output}\nthe installation failed (exit code ${code})`);
  writeFileSync(stampFile, wanted);
  console.log(`installed (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`);
}

/** Changes whenever an installation may come out differently. */
function installStamp() {
  const members = ['packages', 'examples'].flatMap((folder) => {
    const path = join(root, folder);
    return existsSync(path) ? readdirSync(path).map((name) => join(folder, name)) : [];
  });
  const manifests = ['.', 'scripts', 'test', ...members].map((folder) => join(folder, 'package.json'));
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`);
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', ...manifests]) {
    const path = join(root, file);
    if (existsSync(path)) hash.update(`\0${file}\0`).update(readFileSync(path));
  }
  return hash.digest('hex');
}

/**
 * npm passes a signal on to the shell between us and it, and that shell dies without telling us. (A Ctrl-C at a
 * terminal comes to everyone.) So an orphan ends itself. Linux only: elsewhere the shell gives way to us.
 */
function endWithNpm() {
  if (process.platform !== 'linux') return;
  // The shell, and that behind it: the link to the pinned Node in node_modules/.bin is a shell script too.
  const lineage = () => `${process.ppid} ${parentOf(process.ppid)}`;
  const before = lineage();
  const watch = setInterval(() => {
    if (lineage() === before) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, 300);
  watch.unref();
}

/** @param {number} pid */
function parentOf(pid) {
  try {
    return /^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  } catch {
    return undefined; // It has ended.
  }
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  console.error(message);
  process.exit(1);
}
