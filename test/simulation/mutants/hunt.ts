import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { MutatedCore } from './mutated-core.ts';
import type { Mutant } from './mutant.ts';

/** How a hunt ended. */
export interface Hunt {
  /** Seeds played, up to and with the one that failed. */
  readonly seeds: number;
  /** What failed; `undefined` when none of them did. */
  readonly message: string | undefined;
}

/** A seed takes some milliseconds; one that takes longer than this hangs. */
const HANG_MS = 15_000;
/** A bug that allocates without end must not take the machine along. */
const HEAP_MB = 512;

/**
 * Plays seeds against a core with a bug in it until one fails, at most `seeds` of them. In a process of its own: a bug may
 * hang, crash or eat all memory, and each of these counts as found.
 */
export async function hunt(mutant: Mutant | undefined, seeds: number): Promise<Hunt> {
  using core = new MutatedCore(mutant);
  const seeker = join(import.meta.dirname, 'seek.ts');
  const child = spawn(
    process.execPath,
    [`--max-old-space-size=${HEAP_MB}`, seeker, core.directory, String(seeds)],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let seed = 0;
  let message: string | undefined;
  let complaints = '';
  child.stderr
    .setEncoding('utf8')
    .on('data', (text: string) => (complaints = (complaints + text).slice(0, 2_000)));
  const hang = setTimeout(() => {
    message = `hangs: no end within ${HANG_MS / 1_000} s`;
    child.kill('SIGKILL');
  }, HANG_MS);
  for await (const line of createInterface({ input: child.stdout })) {
    hang.refresh();
    if (line.startsWith('failed ')) message = line.slice('failed '.length);
    else seed = Number(line);
  }
  const [code] =
    child.exitCode === null && child.signalCode === null ? await once(child, 'close') : [child.exitCode];
  clearTimeout(hang);
  if (message === undefined && code !== 0) message = `crashes: ${lastWords(complaints)}`;
  return { seeds: seed, message };
}

/** The error in what Node prints when it dies of one. */
function lastWords(complaints: string): string {
  const lines = complaints.split('\n').map((line) => line.trim());
  return (
    lines.find((line) => /^\w*(Error|FATAL)/.test(line)) ??
    lines.find((line) => line !== '') ??
    'without a word'
  );
}
