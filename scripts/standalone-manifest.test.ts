import { expect, test } from 'vitest';
import { standaloneManifest } from './standalone-manifest.ts';

const versions = new Map([['@lifeguard/core', '1.2.3']]);
const catalog = new Map([['pg', '8.23.1']]);

const rewrite = (dependencies: object): unknown =>
  (
    JSON.parse(standaloneManifest(JSON.stringify({ dependencies }), versions, catalog)) as {
      dependencies: unknown;
    }
  ).dependencies;

test.each([
  ['workspace:*', '^1.2.3'],
  ['workspace:^', '^1.2.3'],
  ['workspace:~', '~1.2.3'],
  ['workspace:>=1', '>=1'],
])('%s becomes %s', (range, expected) => {
  expect(rewrite({ '@lifeguard/core': range })).toEqual({ '@lifeguard/core': expected });
});

test('the range of the catalog takes the place of catalog:, and others stay', () => {
  expect(rewrite({ pg: 'catalog:', hono: '4.1.0' })).toEqual({ pg: '8.23.1', hono: '4.1.0' });
});

test('everything else is as it was, in its order', () => {
  const text = JSON.stringify({
    name: 'a',
    scripts: { start: 'node .' },
    devDependencies: { pg: 'catalog:' },
    type: 'module',
  });
  const rewritten = standaloneManifest(text, versions, catalog);
  expect(Object.keys(JSON.parse(rewritten) as object)).toEqual([
    'name',
    'scripts',
    'devDependencies',
    'type',
  ]);
  expect(rewritten).toContain('"start": "node ."');
});

test.each([
  [{ '@lifeguard/x': 'workspace:*' }, /no package/],
  [{ left: 'catalog:' }, /catalog/],
  [{ left: 'file:../left' }, /means nothing/],
])('%o cannot be had elsewhere, and is refused', (dependencies, reason) => {
  expect(() => rewrite(dependencies)).toThrow(reason);
});
