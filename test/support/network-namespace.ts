import { execFile, execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import process from 'node:process';
import { promisify } from 'node:util';

/**
 * A network of its own, with one cable to ours: what is lost on it is lost as on a real one, without a word to either
 * side. Needs root and `ip`.
 */
export class NetworkNamespace implements AsyncDisposable {
  /** Where this side can be reached from inside. */
  readonly address: string;
  /** What a command must begin with to run inside. */
  readonly prefix: readonly string[];
  readonly #name: string;
  /** The end of the cable that is inside. */
  readonly #cable: string;

  private constructor(number: number) {
    this.#name = `lg${number}`;
    this.#cable = `lg${number}b`;
    this.address = `10.${(number >> 8) & 255}.${number & 255}.1`;
    this.prefix = ['ip', 'netns', 'exec', this.#name];
  }

  static async open(): Promise<NetworkNamespace> {
    const namespace = new NetworkNamespace(randomInt(0x40_00, 0xff_00));
    try {
      await namespace.#connect();
      return namespace;
    } catch (error) {
      await namespace[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Everything that either side sends is lost from now on. */
  async cut(): Promise<void> {
    // Who sends to the address that was, or to nobody known, gets no answer and no error: packets just do not arrive.
    await this.#inside('ip', 'link', 'set', this.#cable, 'arp', 'off', 'address', '02:00:00:00:00:99');
  }

  async mend(): Promise<void> {
    await this.#inside('ip', 'link', 'set', this.#cable, 'arp', 'on', 'address', MAC);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The cable goes with it.
    await run('ip', 'netns', 'del', this.#name).catch(() => undefined);
  }

  async #connect(): Promise<void> {
    const outer = `${this.#name}a`;
    const inner = this.address.replace(/1$/, '2');
    await run('ip', 'netns', 'add', this.#name);
    await run('ip', 'link', 'add', outer, 'type', 'veth', 'peer', 'name', this.#cable, 'netns', this.#name);
    await run('ip', 'address', 'add', `${this.address}/30`, 'dev', outer);
    await run('ip', 'link', 'set', outer, 'up');
    await this.#inside('ip', 'link', 'set', this.#cable, 'address', MAC);
    await this.#inside('ip', 'address', 'add', `${inner}/30`, 'dev', this.#cable);
    await this.#inside('ip', 'link', 'set', this.#cable, 'up');
    await this.#inside('ip', 'link', 'set', 'lo', 'up');
  }

  #inside(...command: string[]): Promise<unknown> {
    const [program = '', ...args] = [...this.prefix, ...command];
    return run(program, ...args);
  }
}

const MAC = '02:00:00:00:00:02';

function run(program: string, ...args: string[]): Promise<unknown> {
  return promisify(execFile)(program, args);
}

/** Whether this process may make one; looked up once. */
export function mayOpenNamespaces(): boolean {
  isPermitted ??= tryOne();
  return isPermitted;
}

let isPermitted: boolean | undefined;

function tryOne(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const name = `lgtry${process.pid}`;
  try {
    execFileSync('ip', ['netns', 'add', name], { stdio: 'ignore' });
    execFileSync('ip', ['netns', 'exec', name, 'ip', 'link', 'set', 'lo', 'up'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    try {
      execFileSync('ip', ['netns', 'del', name], { stdio: 'ignore' });
    } catch {
      // There is none.
    }
  }
}
