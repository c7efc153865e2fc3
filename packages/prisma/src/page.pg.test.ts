// The program of docs/data-layers/prisma.md is run, and must print what the page says.

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { expect, it, onTestFinished } from 'vitest';
import { usePrisma } from '../test/rig.ts';

const database = usePrisma();
const ROOT = join(import.meta.dirname, '../../..');

it('the program of the page prints what the page says', () => {
  const page = readFileSync(join(ROOT, 'docs/data-layers/prisma.md'), 'utf8');
  const [, program = ''] = /^```ts\n([^]*?)^```$/m.exec(page) ?? [];
  const [, printed] = /^It prints:\n\n```\n([^]*?)^```$/m.exec(page) ?? [];
  const folder = join(import.meta.dirname, '../test/.page');
  mkdirSync(folder, { recursive: true });
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'program.ts');
  writeFileSync(file, program.replace('./generated/client.ts', '../.generated/client.ts'));
  const env = { ...process.env, DATABASE_URL: database.url() };
  const { stdout, stderr, status } = spawnSync(process.execPath, [file], { encoding: 'utf8', env });
  expect(stderr).toBe('');
  expect(stdout).toBe(printed);
  expect(status).toBe(0);
});
