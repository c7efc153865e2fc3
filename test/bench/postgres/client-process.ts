import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ClientInput, Slice, Workload } from './sample.ts';

/** A client of PostgreSQL that lives in a process of its own, and idles until it is told to work. */
export class ClientProcess implements AsyncDisposable {
  readonly #child: ChildProcess;

  static async start(input: ClientInput): Promise<ClientProcess> {
    const file = fileURLToPath(new URL('sample.ts', import.meta.url));
    const child = fork(file, [JSON.stringify(input)]);
    const client = new ClientProcess(child);
    await client.#answer();
    return client;
  }

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  async run(workload: Workload): Promise<Slice> {
    const answer = this.#answer();
    this.#child.send(workload);
    return (await answer) as Slice;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.disconnect();
    await exited;
  }

  /** The next message; an error when the process ends instead. */
  async #answer(): Promise<unknown> {
    const stop = new AbortController();
    const { signal } = stop;
    const ended = once(this.#child, 'exit', { signal }).then(([code]) => {
      throw new Error(`a client process ended with ${String(code)}`);
    });
    ended.catch(() => undefined);
    try {
      const [message] = (await Promise.race([once(this.#child, 'message', { signal }), ended])) as [unknown];
      return message;
    } finally {
      stop.abort();
    }
  }
}
