import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { PrismaPg } from '@prisma/adapter-pg';

const here = createRequire(import.meta.url);
const folderOf = (name: string, from = here): string => dirname(from.resolve(`${name}/package.json`));

/** An adapter as an application has it whose dependencies did not fit together: it resolves another copy of pg than we do. */
export async function foreignAdapter(): Promise<{ readonly Adapter: typeof PrismaPg; remove(): void }> {
  const modules = join(mkdtempSync(join(import.meta.dirname, '.foreign-')), 'node_modules');
  const target = join(modules, '@prisma', 'adapter-pg');
  const entry = here.resolve('@prisma/adapter-pg');
  const adapter = dirname(dirname(entry));
  cpSync(adapter, target, { recursive: true, dereference: true });
  const from = createRequire(entry);
  mkdirSync(join(modules, '@prisma'), { recursive: true });
  symlinkSync(folderOf('pg-other'), join(modules, 'pg'));
  symlinkSync(
    dirname(dirname(from.resolve('@prisma/driver-adapter-utils'))),
    join(modules, '@prisma', 'driver-adapter-utils'),
  );
  symlinkSync(dirname(from.resolve('postgres-array')), join(modules, 'postgres-array'));
  const module = (await import(pathToFileURL(join(target, 'dist', 'index.mjs')).href)) as {
    readonly PrismaPg: typeof PrismaPg;
  };
  return {
    Adapter: module.PrismaPg,
    remove: () => rmSync(dirname(modules), { recursive: true, force: true }),
  };
}
