import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { PoolSnapshot } from '@lifeguard/core';

/** A line that the service has logged. */
export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly code?: string;
  readonly [field: string]: unknown;
}

/** What `GET /status` says. A plain `pg.Pool` knows the first four only. */
export type Status = Pick<PoolSnapshot, 'used' | 'idle' | 'pending' | 'max'> & Partial<PoolSnapshot>;

const folder = fileURLToPath(new URL('../../examples/kysely-http/', import.meta.url));
const settingsFile = fileURLToPath(new URL('settings.yaml', import.meta.url));
const endWithParent = new URL('end-with-parent.ts', import.meta.url).href;
/** On a plain pool the service is watched from outside: nothing of it is changed. */
const register = import.meta.resolve('@lifeguard/register');
const REGISTER_ENV = { LIFEGUARD_LEAK_THRESHOLD: '1s', LIFEGUARD_LOG: 'off' };
const START_LIMIT_MS = 20_000;

/** The example service, as a process of its own. */
export class ServiceProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly #log: LogLine[] = [];
  /** What it wrote that is no log line: a crash. */
  #noise = '';
  #url = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#exited = once(child, 'exit');
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => this.#read(line));
    }
  }

  /** Resolves when the service listens. */
  static async start(
    databaseUrl: string,
    mode: 'pg.Pool' | 'Lifeguard',
    signal: AbortSignal,
  ): Promise<ServiceProcess> {
    const isPlain = mode === 'pg.Pool';
    const env = {
      ...process.env,
      ...(isPlain ? REGISTER_ENV : {}),
      DATABASE_URL: databaseUrl,
      PORT: '0',
      PLANT_LEAKS: '1',
      LIFEGUARD: isPlain ? 'off' : 'on',
    };
    const imports = isPlain ? [endWithParent, register] : [endWithParent];
    const args = ['--expose-gc', ...imports.flatMap((url) => ['--import', url]), 'src/main.ts', settingsFile];
    const child = spawn(process.execPath, args, {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const service = new ServiceProcess(child);
    try {
      await service.#listening(signal);
      return service;
    } catch (error) {
      await service[Symbol.asyncDispose]();
      throw error;
    }
  }

  get url(): string {
    return this.#url;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get log(): readonly LogLine[] {
    return this.#log;
  }

  async status(): Promise<Status> {
    return (await this.#get('/status')) as Status;
  }

  /** The word of `GET /healthz`. */
  async health(): Promise<string> {
    return ((await this.#get('/healthz')) as { status: string }).status;
  }

  /** Asks it to end. Resolves with the milliseconds it took, or `undefined` when it had to be killed. */
  async stop(limitMs: number): Promise<number | undefined> {
    const startedAt = performance.now();
    this.#child.kill('SIGTERM');
    const gone = await Promise.race([this.#exited.then(() => true), delay(limitMs, false, { ref: false })]);
    const tookMs = performance.now() - startedAt;
    await this[Symbol.asyncDispose]();
    return gone ? tookMs : undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#hasEnded()) return;
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  async #get(path: string): Promise<unknown> {
    try {
      const response = await fetch(`${this.#url}${path}`);
      return await response.json();
    } catch (cause) {
      throw new Error(`the service does not answer:\n${this.#noise.trim()}`, { cause });
    }
  }

  #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  async #listening(signal: AbortSignal): Promise<void> {
    for (const startedAt = performance.now(); this.#url === ''; await delay(20, undefined, { signal })) {
      if (this.#hasEnded()) throw new Error(`the service ended at once:\n${this.#noise.trim()}`);
      if (performance.now() - startedAt > START_LIMIT_MS) throw new Error('the service did not start');
    }
  }

  #read(line: string): void {
    if (!line.startsWith('{"level":')) {
      this.#noise += `${line}\n`;
      return;
    }
    const entry = JSON.parse(line) as LogLine;
    this.#log.push(entry);
    if (typeof entry['url'] === 'string') this.#url = entry['url'];
  }
}
