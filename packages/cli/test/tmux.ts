import { execFileSync, spawnSync } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { join } from 'node:path';
import { describe, onTestFinished } from 'vitest';
import type { SuiteFactory } from 'vitest';
import type { World } from './run-cli.ts';

/** Tests that need tmux. Without it they are skipped, and never in silence: `npm test` counts them, and shows this name. */
export function describeWithTmux(name: string, tests: SuiteFactory): void {
  if (spawnSync('tmux', ['-V']).status === 0) describe(name, tests);
  else describe.skip(`${name} [needs tmux: apt-get install tmux]`, tests);
}

/** A shell in a real terminal, whose keys are pressed by a test. */
export class Tmux {
  readonly #socket: string;
  readonly #env: NodeJS.ProcessEnv;

  /** It is gone when the test is. `command` is what runs in it. */
  constructor({ directory, env }: World, columns: number, rows: number, command = 'sh') {
    this.#socket = join(directory, 'tmux.sock');
    const { TMUX: _, ...rest } = env;
    this.#env = { ...rest, PS1: '$ ', LC_ALL: 'C.UTF-8', HISTFILE: '/dev/null' };
    const size = ['-x', String(columns), '-y', String(rows)];
    this.#run('-f', '/dev/null', 'new-session', '-d', ...size, command);
    onTestFinished(() => this.hangUp());
  }

  /** Types a command, and Enter. */
  type(command: string): void {
    this.#run('send-keys', '-l', command);
    this.#run('send-keys', 'Enter');
  }

  /** Presses keys by their names in tmux. */
  press(...keys: readonly string[]): void {
    this.#run('send-keys', ...keys);
  }

  resize(columns: number, rows: number): void {
    this.#run('resize-window', '-x', String(columns), '-y', String(rows));
  }

  /** Closes the terminal under whatever runs in it. */
  hangUp(): void {
    try {
      this.#run('kill-server');
    } catch {
      // It was closed already.
    }
  }

  /** What can be read on the screen. */
  get lines(): readonly string[] {
    return this.#run('capture-pane', '-p').replace(/\n$/, '').split('\n');
  }

  /** Pastes as a terminal does. */
  paste(text: string): void {
    this.#run('set-buffer', text);
    this.#run('paste-buffer', '-p');
  }

  /** Whether the other screen is shown, and whether there is a cursor. */
  get modes(): { readonly isOtherScreen: boolean; readonly hasCursor: boolean } {
    const flags = this.#run('display-message', '-p', '#{alternate_on}#{cursor_flag}').trim();
    return { isOtherScreen: flags.startsWith('1'), hasCursor: flags.endsWith('1') };
  }

  /** The process that the shell waits for. */
  get foreground(): number {
    const shell = this.#run('display-message', '-p', '#{pane_pid}').trim();
    return Number(execFileSync('pgrep', ['-P', shell], { encoding: 'utf8' }));
  }

  /** Waits until the screen is as it should be. */
  async until(isThere: (lines: readonly string[]) => boolean, what: string): Promise<readonly string[]> {
    for (const giveUpAt = Date.now() + LIMIT_MS; ; await setTimeout(50)) {
      const { lines } = this;
      if (isThere(lines)) return lines;
      if (Date.now() > giveUpAt) throw new Error(`not seen: ${what}\n${lines.join('\n')}`);
    }
  }

  /** Waits until a text is on the screen. */
  async untilShown(text: string): Promise<readonly string[]> {
    return this.until((lines) => lines.join('\n').includes(text), text);
  }

  #run(...args: readonly string[]): string {
    return execFileSync('tmux', ['-S', this.#socket, ...args], {
      env: this.#env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }
}

/** The machine may be busy. */
const LIMIT_MS = 20_000;
