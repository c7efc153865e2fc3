import process from 'node:process';
import { commandFile, run } from './node-process.mjs';

export interface StepResult {
  readonly ok: boolean;
  /** Shown when the step fails. */
  readonly output: string;
  /** Of steps that run tests. */
  readonly passed?: number;
  readonly failed?: number;
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
