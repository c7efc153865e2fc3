import { readFileSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';

test('no test runner is imported but by the module for its tests', () => {
  const importers = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .filter((file) =>
      /^(?:import|export) [^;]*'(?:vitest|node:test)'/m.test(
        readFileSync(`${import.meta.dirname}/${file}`, 'utf8'),
      ),
    );
  expect(importers.sort()).toEqual([
    'node-test/fail-on-leaks.ts',
    'vitest/fail-on-leaks.ts',
    'vitest/provided-context.ts',
    'vitest/use-postgres.ts',
  ]);
});
