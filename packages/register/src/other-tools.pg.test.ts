// What else may be in the process: tracing, loaders, mocks, an admin socket of the application's own, threads and processes.

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { usePostgres } from '@lifeguard/testing/vitest';
import { describe, expect, test } from 'vitest';
import { IMPORT, makeApplication, nodeOf, until } from '../test/untouched-application.ts';

const database = usePostgres();
const OTEL = { OTEL_FROM: fileURLToPath(import.meta.url) };

describe.each([
  ['Node 22', nodeOf('node22')],
  ['this Node', process.execPath],
  ['Node 26', nodeOf('node26')],
])('on %s', (_, node) => {
  test.each([
    ['before', ['--import', './telemetry.mjs', ...IMPORT]],
    ['after', [...IMPORT, '--import', './telemetry.mjs']],
  ])('spans are made as without us, where tracing is set up %s', async (_, args) => {
    const world = makeApplication(database.url);
    const plain = await world.run(['--no-warnings', '--import', './telemetry.mjs', 'traced.mjs'], {
      node,
      env: OTEL,
    });
    const both = await world.run(['--no-warnings', ...args, 'traced.mjs'], { node, env: OTEL });
    expect(both.stderr).toBe('');
    const { spans } = JSON.parse(plain.stdout) as { spans: unknown[] };
    expect(spans.length).toBeGreaterThan(2);
    expect(JSON.parse(both.stdout)).toEqual({ spans, sites: ['traced.mjs:5'] });
  });

  test('pools are seen where another tool gives Node the source', async () => {
    const world = makeApplication(database.url);
    for (const args of [
      ['--import', './giving-loader.mjs', ...IMPORT],
      [...IMPORT, '--import', './giving-loader.mjs'],
    ]) {
      const { stdout, stderr } = await world.run(['--no-warnings', ...args, 'traced.mjs'], { node });
      expect(stderr).toBe('');
      expect(JSON.parse(stdout)).toEqual({ sites: ['traced.mjs:5'] });
    }
  });
});

test('what a test puts in the place of pg, or of a method of its pool, stays there', async () => {
  const { stdout, stderr, code } = await makeApplication(database.url).run([...IMPORT, 'mocked.cjs']);
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  expect(JSON.parse(stdout)).toEqual([[{ mocked: true }], 'stubbed']);
});

test('an application that serves its pools itself goes on to do so', async () => {
  const world = makeApplication(database.url);
  const admin = import.meta.resolve('@lifeguard/admin');
  await world.start([...IMPORT, 'own-admin.mjs'], { env: { ADMIN: admin } });
  const { stdout } = await world.lifeguard('ps');
  expect(stdout).toContain('its-own');
  expect(stdout).not.toContain('orders-service');
});

test('worker threads, workers of a cluster and processes that NODE_OPTIONS reaches are watched each by itself', async () => {
  const world = makeApplication(database.url);
  await world.start(['threads.mjs', 'first'], { env: { NODE_OPTIONS: IMPORT.join(' ') } });
  await until(
    () => world.lifeguard('ps'),
    ({ stdout }) => stdout.match(/orders-service/g)?.length === 4,
  );
});

test('a process that uses no pool opens no socket, and one that is told not to is not watched', async () => {
  const world = makeApplication(database.url);
  expect((await world.run([...IMPORT, 'idle.cjs'])).stdout).toBe('0\n');
  const off = await world.run([...IMPORT, 'traced.mjs'], { env: { LIFEGUARD_ENABLED: '0' } });
  expect(JSON.parse(off.stdout)).toEqual({ sites: [] });
});

test('where there is no place for the socket there is one warning, and the application goes on', async () => {
  const world = makeApplication(database.url);
  const open = join(world.directory, 'open');
  mkdirSync(open);
  chmodSync(open, 0o777);
  writeFileSync(join(open, 'lifeguard'), '');
  const { stderr, stdout, code } = await world.run([...IMPORT, 'slow.mjs'], {
    env: {
      XDG_RUNTIME_DIR: open,
      TMPDIR: open,
      LIFEGUARD_ALLOW: 'evcit',
      LIFEGUARD_LEAK_THRESHOLD: 'secret',
    },
  });
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'done\n' });
  expect(stderr.match(/LG_UNSUPPORTED/g)).toHaveLength(1);
  expect(stderr).toContain('the admin socket is not open');
  expect(stderr).toContain('LIFEGUARD_ALLOW is not a list of evict, ');
  expect(stderr).toContain('LIFEGUARD_LEAK_THRESHOLD is not a duration');
  expect(stderr).not.toContain('secret');
});
