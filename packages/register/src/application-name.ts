import { readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isShowable } from './settings.ts';

/** How far above the main module its package.json may be. */
const MAX_LEVELS = 20;

/**
 * What an application is called: by the package of its main module, or, where that has no name, by that module's own. `main` may
 * be no file (`node -e` has its first argument there), and is not shown then.
 */
export function applicationName(main: string | undefined): string {
  const file = main === undefined ? undefined : realFile(main);
  if (file === undefined) return 'node';
  const name = packageNameAbove(file) ?? basename(file).replace(/\.[cm]?[jt]s$/, '');
  return isShowable(name) ? name : 'node';
}

function realFile(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

function packageNameAbove(file: string): string | undefined {
  let directory = dirname(file);
  for (let level = 0; level < MAX_LEVELS; level += 1) {
    const name = nameIn(join(directory, 'package.json'));
    if (name !== undefined) return name;
    const above = dirname(directory);
    if (above === directory) return undefined;
    directory = above;
  }
  return undefined;
}

function nameIn(file: string): string | undefined {
  try {
    const { name } = JSON.parse(readFileSync(file, 'utf8')) as { name?: unknown };
    return typeof name === 'string' && name !== '' ? name : undefined;
  } catch {
    // There is none, or none that can be read.
    return undefined;
  }
}
