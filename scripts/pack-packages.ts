// Builds and packs what is published, as its users receive it.

import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, runPnpm } from './node-process.mjs';
import { packTemplates } from './pack-templates.ts';
import { runTool, type StepResult } from './tool.ts';

export interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly exports?: unknown;
}

/** The folders of all packages that are published. */
export function publishedFolders(): readonly string[] {
  const folders = readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name));
  return folders.filter((folder) => readManifest(folder).private !== true);
}

/** Builds them, the templates included. `clean`: what a deleted or renamed source left in dist must not be packed. */
export async function buildPackages({ clean }: { readonly clean: boolean }): Promise<StepResult> {
  const folders = publishedFolders();
  if (clean) for (const folder of folders) rmSync(join(folder, 'dist'), { recursive: true, force: true });
  packTemplates();
  return runTool('tsc', ['-b', ...folders.map((folder) => join(folder, 'tsconfig.build.json'))]);
}

/** Packs one into a directory, and answers its tarball. Rejects with what pnpm says. */
export async function packPackage(folder: string, directory: string): Promise<string> {
  const tarball = join(directory, tarballName(readManifest(folder).name));
  const packed = await runPnpm(['--dir', folder, 'pack', '--out', tarball]);
  if (packed.code !== 0) throw new Error(`pnpm pack failed\n${packed.output}`);
  return tarball;
}

/** What the tarball of a package is called here. */
export function tarballName(name: string): string {
  return `${name.replaceAll(/[@/]/g, '_')}.tgz`;
}

export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}
