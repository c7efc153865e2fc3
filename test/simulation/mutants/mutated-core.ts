import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { plant } from './mutant.ts';
import type { Mutant } from './mutant.ts';

/** The core's own sources. */
export const CORE = join(import.meta.dirname, '../../../packages/core/src');

/** A copy of the core with a bug in it, or without any; gone when it is disposed of. */
export class MutatedCore implements Disposable {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'lifeguard-mutant-'));

  constructor(mutant: Mutant | undefined) {
    cpSync(CORE, this.directory, { recursive: true, filter: (path) => !path.endsWith('.test.ts') });
    // Node is told what the files are, so that it need not guess.
    writeFileSync(join(this.directory, 'package.json'), '{ "type": "module" }');
    if (mutant === undefined) return;
    const file = join(this.directory, mutant.file);
    writeFileSync(file, plant(mutant, readFileSync(file, 'utf8')));
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
