// Puts the templates of examples/ into packages/create-lifeguard, as projects of their own: `npm run templates`, before that
// package is packed.

import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './node-process.mjs';
import { standaloneManifest } from './standalone-manifest.ts';

/** The examples that are templates, each complete by itself. */
const TEMPLATES = ['batch-worker', 'express-kysely', 'fastify-kysely', 'hono-managed'] as const;

const target = join(root, 'packages', 'create-lifeguard', 'templates');
/** What is different outside of this repository: its compiler options are its own, and git ignores less. */
const common = join(root, 'packages', 'create-lifeguard', 'common');
/** What there may be of an example besides `src`. */
const COPIED = ['README.md', 'settings.yaml', '.env.example', 'src'];

/** Writes them anew, and answers where they are. */
export function packTemplates(): string {
  rmSync(target, { recursive: true, force: true });
  const versions = ownVersions();
  const catalog = readCatalog();
  for (const name of TEMPLATES) {
    const from = join(root, 'examples', name);
    const to = join(target, name);
    mkdirSync(to, { recursive: true });
    for (const each of COPIED) cpSync(join(from, each), join(to, each), { recursive: true });
    cpSync(common, to, { recursive: true });
    const manifest = standaloneManifest(readFileSync(join(from, 'package.json'), 'utf8'), versions, catalog);
    writeFileSync(join(to, 'package.json'), manifest);
  }
  return target;
}

/** The version of each package of this repository, by its name. */
function ownVersions(): ReadonlyMap<string, string> {
  const folders = readdirSync(join(root, 'packages'));
  return new Map(
    folders.map((folder) => {
      const text = readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8');
      const { name, version } = JSON.parse(text) as { name: string; version: string };
      return [name, version];
    }),
  );
}

/** What `catalog:` stands for. */
function readCatalog(): ReadonlyMap<string, string> {
  const text = readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8');
  const [, block = ''] = /^catalog:\n((?: {2}.*\n)+)/m.exec(text) ?? [];
  return new Map(
    [...block.matchAll(/^ {2}'?([^':]+)'?: (\S+)$/gm)].map(([, name = '', range = '']) => [name, range]),
  );
}

if (import.meta.main) console.log(`packed ${TEMPLATES.join(', ')} into ${packTemplates()}`);
