import { join } from 'node:path';
import process from 'node:process';
import { commandFile, root, run } from './node-process.mjs';

export interface StepResult {
  readonly ok: boolean;
  /** Shown when the step fails. */
  readonly output: string;
  /** Of steps that run tests. */
  readonly passed?: number;
  readonly failed?: number;
  /** The names of tests that were not run. */
  readonly skipped?: readonly string[];
}

const stepLimitMs = 20 * 60_000;

/** Runs a command of an installed tool on this Node. */
export async function runTool(name: string, args: readonly string[]): Promise<StepResult> {
  const file = commandFile(name);
  if (file === undefined) throw new Error(`no installed package provides ${name}`);
  const { code, output } = await run(process.execPath, [file, ...args], {
    quiet: true,
    limitMs: stepLimitMs,
  });
  return { ok: code === 0, output };
}

/** Runs a program of this repository that counts tests: its last line reads "12 passed, 0 failed". */
export async function runSuite(file: string): Promise<StepResult> {
  const { code, output } = await run(process.execPath, [join(root, file)], {
    quiet: true,
    limitMs: stepLimitMs,
  });
  const [, passed = 0, failed = 0] = /^(\d+) passed, (\d+) failed$/m.exec(output) ?? [];
  return { ok: code === 0, output, passed: Number(passed), failed: Number(failed) };
}
