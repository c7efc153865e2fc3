// node --import @lifeguard/register app.js — watches every pg.Pool of the application, which is not changed.
// Light on purpose: it runs in each process that NODE_OPTIONS reaches. All else is loaded with the first copy of pg-pool.

import { createRequire } from 'node:module';
import process from 'node:process';
import { onPoolClass } from './on-pool-class.ts';
import type { AnyPoolClass } from './on-pool-class.ts';
import { isEnabled } from './is-enabled.ts';
import { warn } from './warn.ts';
import type * as Watch from './watch.ts';

const require = createRequire(import.meta.url);

if (isEnabled(process.env)) start();

function start(): void {
  try {
    onPoolClass(watch);
  } catch (error) {
    warn('pools are not watched', error);
  }
}

let hasFailed = false;

function watch(PoolClass: AnyPoolClass): void {
  if (hasFailed) return;
  try {
    // By name, since it must be there before the application goes on; `import()` would take a turn of the loop.
    const { watchClass } = require('@lifeguard/register/watch') as typeof Watch;
    watchClass(PoolClass);
  } catch (error) {
    hasFailed = true;
    warn('pools are not watched', error);
  }
}
