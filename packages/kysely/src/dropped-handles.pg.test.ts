import { execFile } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { createDatabase } from '@lifeguard/testing';
import { expect, inject, test } from 'vitest';
import type { Findings } from '../test-support/dropped-handles.ts';

// https://github.com/brianc/node-postgres/issues/137, https://github.com/oven-sh/bun/issues/35117
test('a handle that was dropped is reported as collected, one that is still referenced is not', async () => {
  const database = await createDatabase(inject('databaseUrl'));
  const program = join(import.meta.dirname, '..', 'test-support', 'dropped-handles.ts');
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--expose-gc', '--unhandled-rejections=strict', program, database.url],
    { timeout: 15_000 },
  );
  expect(JSON.parse(stdout) as Findings).toEqual({
    'dropped lease': ['collected'],
    'dropped controlled': ['collected'],
    'dropped stream': ['collected'],
    held: ['yes', 'yes', 'yes'],
  });
  await database.drop();
});
