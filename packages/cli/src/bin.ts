#!/usr/bin/env node
import process from 'node:process';
import { createInterface } from 'node:readline/promises';
import { systemClock } from '@lifeguard/core';
import { main } from './main.ts';
import { processTerminal } from './process-terminal.ts';

const gone = new AbortController();
// Whoever reads has seen enough, as `head` has, or the terminal was closed; the exit code still says how the application is.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
    if (stream === process.stdout) gone.abort();
  });

async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const given = new AbortController();
  // The end of the input is no answer, and must not be waited for.
  lines.once('close', () => given.abort());
  try {
    return await lines.question(question, { signal: given.signal });
  } catch {
    return '';
  } finally {
    lines.close();
  }
}

process.exitCode = await main(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  isTTY: process.stdout.isTTY,
  columns: process.stdout.isTTY ? process.stdout.columns : undefined,
  clock: systemClock,
  terminal: processTerminal(),
  gone: gone.signal,
  endBy: (signal) => void process.kill(process.pid, signal),
  ask: process.stdin.isTTY && process.stderr.isTTY ? ask : undefined,
});
