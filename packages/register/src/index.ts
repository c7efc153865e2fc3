// node --import @lifeguard/register app.js — watches every pg.Pool of the application, and every sql of postgres.js, none of
// which is changed. Light on purpose: it runs in each process that NODE_OPTIONS reaches. All else is loaded with the first of them.

import { createRequire } from 'node:module';
import process from 'node:process';
import { onPoolClass } from './on-pool-class.ts';
import { onPostgres } from './on-postgres.ts';
import { isEnabled } from './is-enabled.ts';
import { warn } from './warn.ts';
import type * as Watch from './watch.ts';
import type * as WatchPostgres from './watch-postgres.ts';

const require = createRequire(import.meta.url);

// By name, and not by `import()`, which would take a turn of the loop: it must be there before the application goes on.
const watchClass = contained('pools are not watched', (PoolClass) => {
  (require('@lifeguard/register/watch') as typeof Watch).watchClass(PoolClass as { prototype: object });
});
const watchPostgres = contained('postgres.js is not watched', (sql) => {
  (require('@lifeguard/register/watch-postgres') as typeof WatchPostgres).watchPostgres(sql);
});

if (isEnabled(process.env)) {
  contained('pools are not watched', () => onPoolClass(watchClass))({});
  contained('postgres.js is not watched', () => onPostgres(watchPostgres))({});
}

/**
 * The same, but it never throws. Its first failure is told, and ends it; but for one that concerns this subject only, such as an old
 * version of postgres.js.
 */
function contained(otherwise: string, work: (subject: object) => void): (subject: object) => void {
  let hasFailed = false;
  let isTold = false;
  return (subject) => {
    if (hasFailed) return;
    try {
      work(subject);
    } catch (error) {
      hasFailed = (error as { code?: unknown }).code !== 'LG_UNSUPPORTED';
      if (!isTold) warn(otherwise, error);
      isTold = true;
    }
  };
}
