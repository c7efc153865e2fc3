// Runs before every test file: no test may print a secret that was planted, and LG_SEED repeats what a property test has found.

import process from 'node:process';
import fc from 'fast-check';
import { afterEach } from 'vitest';
import { OutputWatch } from './canary.ts';

const { LG_SEED, LG_PATH } = process.env;
fc.configureGlobal({
  ...(LG_SEED === undefined ? {} : { seed: Number(LG_SEED) }),
  ...(LG_PATH === undefined ? {} : { path: LG_PATH }),
});

const watch = new OutputWatch();

afterEach(() => {
  const found = watch.takeFound();
  if (found.length > 0) throw new Error(`a planted secret was printed:\n${found.join('\n')}`);
});
