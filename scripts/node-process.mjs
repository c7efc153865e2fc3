import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

// Plain JavaScript, because run.mjs uses it before anything is installed and on older Node.

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** How long a process may take to end after a signal before it is killed. */
const graceMs = 15_000;

/**
 * Runs a program to its end; a signal to this process ends the program first. `quiet` collects the output.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ quiet?: boolean, limitMs?: number, node?: string }} [options] `node`: the binary that child
 *   processes find as `node`
 * @returns {Promise<{ code: number, output: string }>}
 */
export function run(command, args, { quiet = false, limitMs, node } = {}) {
  const env = { ...process.env };
  if (node !== undefined) env.PATH = `${dirname(node)}${delimiter}${env.PATH ?? ''}`;
  // Tools cannot see that what they print will be shown in a log.
  if (quiet && !process.stdout.isTTY) env.NO_COLOR = '1';
  const child = spawn(command, args, {
    cwd: root,
    env,
    stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit',
    shell: process.platform === 'win32' && command === 'npx', // A .cmd file there.
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (/** @type {string} */ text) => (output += text));
  }

  /** @type {NodeJS.Timeout[]} */
  const timers = [];
  const end = (/** @type {NodeJS.Signals} */ signal) => {
    child.kill(signal);
    timers.push(setTimeout(() => child.kill('SIGKILL'), graceMs));
  };
  const onSignal = (/** @type {NodeJS.Signals} */ signal) => {
    // At a terminal Ctrl-C has reached the whole process group; a second one would cut short the clean-up.
    if (signal === 'SIGINT' && process.stdin.isTTY) return;
    end(signal);
  };
  /** @type {NodeJS.Signals[]} */
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, onSignal);
  if (limitMs !== undefined) {
    timers.push(
      setTimeout(() => {
        output += `\nended after ${limitMs / 1000}s, the limit for one step\n`;
        end('SIGTERM');
      }, limitMs),
    );
  }

  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code: code ?? codeFor(signal), output }));
  }).finally(() => {
    timers.forEach(clearTimeout);
    for (const signal of signals) process.off(signal, onSignal);
  });
}

/**
 * Runs the pnpm that package.json names.
 *
 * @param {readonly string[]} args
 */
export function runPnpm(args) {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return run('npx', ['--yes', packageManager, ...args], { quiet: true });
}

/**
 * The file behind a command of an installed package, to be run by a Node of our choice.
 *
 * @param {string} name for example `tsc`
 * @returns {string | undefined}
 */
export function commandFile(name) {
  const packageName = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (packageName === undefined) return undefined;
  const folder = join(root, 'node_modules', packageName);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return join(folder, typeof bin === 'string' ? bin : bin[name]);
}

/** @type {Readonly<Record<string, string>>} */
const commands = {
  attw: '@arethetypeswrong/cli',
  biome: '@biomejs/biome',
  knip: 'knip',
  oxlint: 'oxlint',
  publint: 'publint',
  tsc: 'typescript',
  vitest: 'vitest',
};

/**
 * The exit code a shell reports for a process that a signal ended.
 *
 * @param {NodeJS.Signals | null} signal
 */
function codeFor(signal) {
  return signal === null ? 1 : 128 + constants.signals[signal];
}
