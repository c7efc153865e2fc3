import {
  cpSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);

/** Puts a copy of postgres.js below `target`. */
export function installPostgresJs(target: string): void {
  const entry = require.resolve('postgres');
  cpSync(join(dirname(entry), '../..'), join(target, 'postgres'), { recursive: true });
}

/** Puts copies of pg and pg-pool below `target`; what they need besides are links. */
export function installPg(target: string): void {
  const store = dirname(dirname(require.resolve('pg/package.json')));
  mkdirSync(target, { recursive: true });
  for (const name of readdirSync(store)) {
    const source = realpathSync(join(store, name));
    if (name === 'pg' || name === 'pg-pool') cpSync(source, join(target, name), { recursive: true });
    else symlinkSync(source, join(target, name), 'junction');
  }
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly type: string;
  readonly publishConfig: { readonly exports: object };
}

/** Puts this package, and those of ours that it needs, below `target`, as they are published: translated. */
export function installBuilt(target: string): void {
  for (const name of ['core', 'metrics', 'pg', 'postgres-js', 'admin', 'register']) {
    const source = fileURLToPath(new URL(`../../${name}`, import.meta.url));
    const { publishConfig, ...manifest } = JSON.parse(
      readFileSync(join(source, 'package.json'), 'utf8'),
    ) as Manifest;
    const { version, type } = manifest;
    const directory = join(target, '@lifeguard', name);
    cpSync(join(source, 'dist'), join(directory, 'dist'), { recursive: true });
    const published = { name: manifest.name, version, type, exports: publishConfig.exports };
    writeFileSync(join(directory, 'package.json'), JSON.stringify(published));
  }
}
