// Packs every published package as a user would receive it, and looks at the result.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './node-process.mjs';
import {
  buildPackages,
  type Manifest,
  packPackage,
  publishedFolders,
  readManifest,
} from './pack-packages.ts';
import { runTool, type StepResult } from './tool.ts';

export async function checkPackages(): Promise<StepResult> {
  const build = await buildPackages({ clean: true });
  if (!build.ok) return build;

  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-pack-'));
  try {
    const problems: string[] = [];
    for (const folder of publishedFolders()) {
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
  const tarball = await packPackage(folder, directory);
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

/** All that is ever published: code, its types and maps, and the few texts beside it; and templates, which are copied as they are. */
const PUBLISHED =
  /^(?:package\.json|README\.md|LICENSE|settings\.schema\.json|prometheus\/alerts\.yaml|grafana\/lifeguard\.json|(?:dist|src)\/(?:[\w-]+\/)*[\w-]+(?:\.d)?\.(?:js|ts)(?:\.map)?)$/;
const TEMPLATE =
  /^templates\/[\w-]+\/(?:package\.json|README\.md|settings\.yaml|tsconfig\.json|gitignore|\.env\.example|src\/[\w-]+(?:\.test)?\.ts)$/;

/** Whether a file has no business in a package: tests, fixtures, settings, whatever was left lying about. */
export function isStray(file: string): boolean {
  return !PUBLISHED.test(file) && !TEMPLATE.test(file);
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
