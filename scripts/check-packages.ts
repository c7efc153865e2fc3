// Packs every published package as a user would receive it, and looks at the result.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, run, runPnpm } from './node-process.mjs';
import { runTool, type StepResult } from './tool.ts';

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly exports?: unknown;
}

export async function checkPackages(): Promise<StepResult> {
  const folders = readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name));
  const published = folders.filter((folder) => readManifest(folder).private !== true);
  // A clean build: what a deleted or renamed source left in dist must not be packed.
  for (const folder of published) rmSync(join(folder, 'dist'), { recursive: true, force: true });
  const build = await runTool('tsc', [
    '-b',
    ...published.map((folder) => join(folder, 'tsconfig.build.json')),
  ]);
  if (!build.ok) return build;

  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-pack-'));
  try {
    const problems: string[] = [];
    for (const folder of published) {
      for (const problem of await checkPackage(folder, directory)) {
        problems.push(`${readManifest(folder).name}: ${problem}`);
      }
    }
    return { ok: problems.length === 0, output: problems.join('\n') };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function checkPackage(folder: string, directory: string): Promise<string[]> {
  const tarball = join(directory, `${readManifest(folder).name.replaceAll(/[@/]/g, '_')}.tgz`);
  const packed = await runPnpm(['--dir', folder, 'pack', '--out', tarball]);
  if (packed.code !== 0) return [`pnpm pack failed\n${packed.output}`];

  const contents = await unpack(tarball, directory);
  const problems = contents.files.filter(isStray).map((file) => `packs ${file}`);
  const targets = exportTargets(contents.manifest.exports);
  if (targets.length === 0) problems.push('has no exports');
  for (const target of targets) {
    if (!target.startsWith('./dist/')) problems.push(`exports ${target}, which is not in dist`);
    if (!contents.files.includes(target.slice(2))) problems.push(`exports ${target}, which is not packed`);
  }
  if (/"(workspace|catalog):/.test(contents.text))
    problems.push('its package.json names a workspace version');
  for (const file of ['README.md', 'LICENSE'])
    if (!contents.files.includes(file)) problems.push(`lacks ${file}`);

  const publint = await runTool('publint', [tarball, '--strict']);
  if (!publint.ok) problems.push(`publint\n${publint.output}`);
  const attw = await runTool('attw', [tarball, '--profile', 'esm-only']);
  if (!attw.ok) problems.push(`attw\n${attw.output}`);
  return problems;
}

/** All that is ever published: code, its types and maps, and the few texts beside it. */
const PUBLISHED =
  /^(?:package\.json|README\.md|LICENSE|settings\.schema\.json|prometheus\/alerts\.yaml|grafana\/lifeguard\.json|(?:dist|src)\/(?:[\w-]+\/)*[\w-]+(?:\.d)?\.(?:js|ts)(?:\.map)?)$/;

/** Whether a file has no business in a package: tests, fixtures, settings, whatever was left lying about. */
export function isStray(file: string): boolean {
  return !PUBLISHED.test(file);
}

async function unpack(tarball: string, directory: string) {
  const list = await run('tar', ['-tzf', tarball], { quiet: true });
  const files = list.output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(/^package\//, ''));
  await run('tar', ['-xzf', tarball, '-C', directory, 'package/package.json'], { quiet: true });
  const text = readFileSync(join(directory, 'package', 'package.json'), 'utf8');
  return { files, text, manifest: JSON.parse(text) as Manifest };
}

/** Every file that an `exports` field leads to. */
function exportTargets(exports: unknown): string[] {
  if (typeof exports === 'string') return [exports];
  if (typeof exports !== 'object' || exports === null) return [];
  return Object.values(exports).flatMap(exportTargets);
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}
