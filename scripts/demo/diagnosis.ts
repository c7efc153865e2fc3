import { execFile } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { PoolDiagnostics } from '@lifeguard/core';
import type { NamedPlace } from './planted.ts';

/** What `lifeguard diagnose` says of a process. */
export interface Diagnosis {
  /** As a person reads it. */
  readonly text: string;
  /** Who holds connections and is suspected. */
  readonly suspects: readonly NamedPlace[];
}

const COMMAND = fileURLToPath(new URL('../../packages/cli/src/bin.ts', import.meta.url));
const run = promisify(execFile);

/** Asks a running process from outside, as whoever is on call would. */
export async function diagnose(pid: number): Promise<Diagnosis> {
  const answer = JSON.parse(await lifeguard('diagnose', '--pid', `${pid}`, '--json')) as {
    readonly pools: readonly PoolDiagnostics[];
  };
  const suspects = answer.pools
    .flatMap(({ potentialLeaks }) => potentialLeaks)
    .flatMap(({ site }) => (site === undefined ? [] : [site]));
  return { text: (await lifeguard('diagnose', '--pid', `${pid}`)).trim(), suspects };
}

/** Its exit code says how well the pools are. */
async function lifeguard(...args: readonly string[]): Promise<string> {
  const { NO_COLOR: _, FORCE_COLOR: __, ...env } = process.env;
  const wide = { ...env, COLUMNS: '96' };
  const output = run(process.execPath, [COMMAND, ...args], { env: wide, timeout: 10_000 });
  const { stdout, stderr } = await output.catch(
    (error: unknown) => error as { stdout?: string; stderr?: string },
  );
  if (stdout === undefined || stdout === '')
    throw new Error(`lifeguard ${args.join(' ')} says nothing: ${stderr}`);
  return stdout;
}
