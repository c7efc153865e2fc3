import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { sizePerInstance } from './sizing.ts';

const ROW = /^\| (\d+) \| ([\d a-z]+) \| ([\d a-z]+) \| ([\d a-z]+) \| (\d+) \|$/gm;

test('the table of docs/pgbouncer.md is what the function says', () => {
  const text = readFileSync(new URL('../../../docs/pgbouncer.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(ROW)];
  expect(rows.length).toBeGreaterThan(3);
  for (const [, instances, ...shown] of rows) {
    const sizes = [1, 2, 5].map((sharing) => sizeOf(Number(instances), sharing));
    expect([instances, ...shown]).toEqual([instances, ...sizes, '90']);
  }
});

function sizeOf(instances: number, sharing: number): string {
  try {
    return String(sizePerInstance({ instances, backends: 100, sharing }).size);
  } catch {
    return 'too many';
  }
}
