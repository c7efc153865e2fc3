import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '@lifeguard/testing';
import type { TestProject } from 'vitest/node';
import { plantPassword } from '../canary.ts';
import { run } from '../node-process.mjs';
import { buildPackages, packPackage, publishedFolders } from '../pack-packages.ts';

/** Packs everything as it is published, and starts one server for all templates. Both are gone with the run. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const build = await buildPackages({ clean: false });
  if (!build.ok) throw new Error(build.output);
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-templates-'));
  // Two at a time: pnpm spends most of it starting.
  const left = [...publishedFolders()];
  const packSome = async (): Promise<void> => {
    for (let folder = left.pop(); folder !== undefined; folder = left.pop())
      await packPackage(folder, directory);
  };
  await Promise.all([packSome(), packSome()]);
  // It has no dependencies: unpacked is installed.
  const creator = join(directory, 'create-lifeguard.tgz');
  const unpacked = await run('tar', ['-xzf', creator, '-C', directory], { quiet: true });
  if (unpacked.code !== 0) throw new Error(unpacked.output);
  const server = await startPostgres();
  project.provide('databaseUrl', plantPassword(server.url));
  project.provide('packed', directory);
  return async () => {
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  };
}
