import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findDebianPrograms } from './debian.ts';

/** A wall clock for one process, which can be set while it runs; the monotonic one stays as it is. */
export class FakeClock implements AsyncDisposable {
  /** For the process. */
  readonly env: NodeJS.ProcessEnv;
  readonly #directory: string;

  private constructor(library: string, directory: string) {
    this.#directory = directory;
    this.env = {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: join(directory, 'time'),
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
    };
  }

  static async create(): Promise<FakeClock> {
    const library = findDebianPrograms().faketime;
    if (library === undefined) throw new Error('libfaketime is not installed: apt-get install libfaketime');
    const clock = new FakeClock(library, await mkdtemp(join(tmpdir(), 'lifeguard-clock-')));
    await clock.set(0);
    return clock;
  }

  /** Sets it this many seconds ahead of the real one. */
  async set(aheadS: number): Promise<void> {
    await writeFile(join(this.#directory, 'time'), `${aheadS < 0 ? '' : '+'}${aheadS}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true });
  }
}
