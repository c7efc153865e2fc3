import { createRequire } from 'node:module';
import { join } from 'node:path';
import process from 'node:process';
import { canHookEsEntry, hookEsEntry } from './hook-es-entry.ts';
import { hookSources } from './hook-sources.ts';
import { onRequired } from './module-loader.ts';
import { factoryFor } from './postgres-factory.ts';
import { warn } from './warn.ts';

/** Under a global symbol: as that of pools; what is put into the source of postgres.js asks for it. */
const KEY = Symbol.for('@lifeguard/register/postgres');
const REPLACE = `globalThis[Symbol.for('@lifeguard/register/postgres')]`;
/** What it exports as CommonJS. */
const FILE = /\/postgres\/cjs\/src\/index\.js$/;
const shared = globalThis as { [KEY]?: (exports: unknown) => unknown };

/**
 * Tells of whatever `postgres()` returns from now on, of each copy of postgres.js that is asked for from now on, by `import` or
 * `require`. Not of one that a bundler has put into another file. `tell` must not throw.
 */
export function onPostgres(tell: (sql: object) => void): void {
  if (shared[KEY] !== undefined) return;
  const replace = (exports: unknown): unknown => factoryFor(exports, tell) ?? exports;
  Object.defineProperty(shared, KEY, { value: replace });
  onRequired(replace);
  hookSources(FILE, `module.exports = ${REPLACE}?.(module.exports) ?? module.exports`);
  if (canHookEsEntry()) hookEsEntry(REPLACE);
  else if (isInstalled())
    warn('postgres.js is not watched where it is imported', { summary: 'needs Node 22.15' });
}

/** Whether the application has it: else there is nothing to say. */
function isInstalled(): boolean {
  try {
    createRequire(join(process.cwd(), 'index.js')).resolve('postgres');
    return true;
  } catch {
    return false;
  }
}
