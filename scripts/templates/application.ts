import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { ProcessGroup } from './process-group.ts';
import type { Project } from './project.ts';
import type { ProgramResult } from './run-program.ts';
import { until } from './until.ts';

/** A template that runs. */
export class Application implements AsyncDisposable {
  readonly #project: Project;
  readonly #group: ProcessGroup;
  readonly #exited: Promise<[number | null]>;
  /** Nobody else's sockets are in there. */
  readonly #runtime: string;

  private constructor(project: Project, group: ProcessGroup, runtime: string) {
    this.#project = project;
    this.#group = group;
    this.#runtime = runtime;
    this.#exited = once(group.child, 'exit') as Promise<[number | null]>;
  }

  /** Resolves when it listens. */
  static async start(project: Project, env: Readonly<Record<string, string>>): Promise<Application> {
    const runtime = mkdtempSync(join(tmpdir(), 'lg-run-'));
    const group = new ProcessGroup(process.execPath, ['src/main.ts'], {
      cwd: project.directory,
      env: { PORT: '0', ...placesIn(runtime), ...env },
    });
    const application = new Application(project, group, runtime);
    try {
      await until('it listens', () => application.#hasEnded() || application.url !== '');
      if (application.#hasEnded()) throw new Error(`it has ended at once:\n${application.output}`);
      return application;
    } catch (error) {
      await application[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Where it listens, as it says. */
  get url(): string {
    return /http:\/\/127\.0\.0\.1:\d+/.exec(this.output)?.[0] ?? '';
  }

  get output(): string {
    return this.#group.output;
  }

  /** `npx lifeguard …` in its project, as somebody on call runs it. */
  lifeguard(...args: readonly string[]): Promise<ProgramResult> {
    return this.#project.run('npx', ['--no', 'lifeguard', ...args], placesIn(this.#runtime));
  }

  signal(signal: NodeJS.Signals): void {
    this.#group.child.kill(signal);
  }

  /** Its exit code; rejects when it is still there after a while. */
  async exitCode(limitMs: number): Promise<number | null> {
    await until('it has ended', () => this.#hasEnded(), limitMs);
    const [code] = await this.#exited;
    return code;
  }

  /** Sockets that are left of it, and whether a process of its group is. */
  leftovers(): { readonly sockets: readonly string[]; readonly processes: boolean } {
    return {
      sockets: readdirSync(this.#runtime, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isSocket())
        .map((entry) => entry.name),
      processes: this.#group.isAlive,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#group.kill();
    await this.#exited;
    rmSync(this.#runtime, { recursive: true, force: true });
  }

  #hasEnded(): boolean {
    const { exitCode, signalCode } = this.#group.child;
    return exitCode !== null || signalCode !== null;
  }
}

/** Both of the places where a socket may be. */
function placesIn(directory: string): Readonly<Record<string, string>> {
  return { XDG_RUNTIME_DIR: directory, TMPDIR: directory };
}
