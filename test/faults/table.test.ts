import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROWS } from './rows/index.ts';

test('docs/reliability.md shows every fault of the matrix, each of them measured', () => {
  const document = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'reliability.md'), 'utf8');
  const table = document.split('<!-- faults')[1]?.split('<!-- /faults')[0] ?? '';
  const rows = [...table.matchAll(/^\| (?!fault |---)(.*?) \|/gm)].map(([, title]) => title);
  expect(rows).toEqual(ROWS.map(({ title }) => title));
  expect(new Set(ROWS.map(({ id }) => id)).size).toBe(ROWS.length);
  expect(table).not.toContain('not run');
});
