import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Answer, ApplicationOptions, Requests } from './messages.ts';

const program = fileURLToPath(new URL('application/main.ts', import.meta.url));
const START_LIMIT_MS = 15_000;
const REQUEST_LIMIT_MS = 20_000;

/** Where it runs. */
export interface Surroundings {
  /** What its command begins with. */
  readonly prefix?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The application under test, seen from the harness. */
export class ApplicationProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>();
  readonly ended: Promise<Ending>;
  #stderr = '';
  #count = 0;
  #ending: Ending | undefined;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
    child.on('message', (message) => this.#read(message as Answer | 'started'));
    this.ended = once(child, 'close').then(([code, signal]) => this.#end({ code, signal }));
    // Of itself, a failure to ask is told by the request.
    child.on('error', () => undefined);
  }

  /** Resolves when its load runs. */
  static async start(options: ApplicationOptions, surroundings: Surroundings): Promise<ApplicationProcess> {
    const flags = ['--unhandled-rejections=strict', '--no-warnings', program, JSON.stringify(options)];
    const [command = '', ...args] = [...(surroundings.prefix ?? []), process.execPath, ...flags];
    const env = { ...process.env, ...surroundings.env };
    const child = spawn(command, args, { env, stdio: ['ignore', 'inherit', 'pipe', 'ipc'] });
    const application = new ApplicationProcess(child);
    const started = once(child, 'message').then(() => true);
    const ended = application.ended.then(() => false);
    const late = delay(START_LIMIT_MS, false, { ref: false });
    if (await Promise.race([started, ended, late])) return application;
    await application[Symbol.asyncDispose]();
    throw new Error(`the application did not start:\n${application.#stderr}`);
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  /** How it ended; `undefined` while it lives. */
  get ending(): Ending | undefined {
    return this.#ending;
  }

  /** The error that it died of, as Node prints it. */
  get lastWords(): string {
    const lines = this.#stderr.split('\n').filter((line) => /^\s*(\w*Error|error)\b/i.test(line));
    return lines.at(0)?.trim() ?? this.#stderr.trim().split('\n').at(-1) ?? '';
  }

  /** Rejects when it does not answer in time, or has ended. */
  async ask<Name extends keyof Requests>(
    name: Name,
    ...args: Requests[Name]['arguments']
  ): Promise<Requests[Name]['answer']> {
    const id = (this.#count += 1);
    const answer = Promise.withResolvers<unknown>();
    this.#pending.set(id, answer);
    if (this.#ending === undefined)
      this.#child.send({ id, name, arguments: args }, (error) => error && answer.reject(error));
    else answer.reject(new Error('the application has ended'));
    const limit = delay(REQUEST_LIMIT_MS, undefined, { ref: false }).then(() => {
      throw new Error(`the application did not answer to "${name}"`);
    });
    try {
      return (await Promise.race([answer.promise, limit])) as Requests[Name]['answer'];
    } finally {
      this.#pending.delete(id);
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#ending !== undefined) return;
    this.#child.kill('SIGKILL');
    await this.ended;
  }

  #end(ending: Ending): Ending {
    this.#ending = ending;
    for (const { reject } of this.#pending.values()) reject(new Error('the application has ended'));
    return ending;
  }

  #read(message: Answer | 'started'): void {
    if (message === 'started') return;
    const pending = this.#pending.get(message.id);
    if ('error' in message) pending?.reject(new Error(message.error));
    else pending?.resolve(message.result);
  }
}
