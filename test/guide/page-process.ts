// Runs the blocks of one page, one after the other, in one process: `fork`ed by the test, told by messages.

import process from 'node:process';

/** What the parent asks for, and what it is told. */
export interface RunRequest {
  readonly file: string;
}
export interface RunResult {
  readonly output: string;
  readonly error: string | undefined;
}

let output = '';
for (const stream of [process.stdout, process.stderr]) {
  stream.write = (chunk: string | Uint8Array) => {
    output += chunk.toString();
    return true;
  };
}

async function run({ file }: RunRequest): Promise<RunResult> {
  output = '';
  try {
    await import(file);
    return { output, error: undefined };
  } catch (error) {
    return { output, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

process.on('message', (request: RunRequest) => {
  void run(request).then((result) => process.send?.(result));
});
process.on('disconnect', () => process.exit());
