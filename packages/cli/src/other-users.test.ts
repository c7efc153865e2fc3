// What belongs to somebody else, and what does not answer.

import { spawn } from 'node:child_process';
import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { makeWorld } from '../test/run-cli.ts';
import type { Ran, World } from '../test/run-cli.ts';

const isRoot = process.geteuid?.() === 0;
/** Of `nobody`. */
const NOBODY = 65_534;

test.skipIf(!isRoot)('a directory of another user is not looked into, and named (needs root)', async () => {
  const { lifeguard, directory } = makeWorld();
  const theirs = join(directory, 'lifeguard');
  mkdirSync(theirs, { mode: 0o700 });
  writeFileSync(join(theirs, `lifeguard-${process.pid}.sock`), '');
  chownSync(theirs, NOBODY, NOBODY);
  const found = `it belongs to the user with the id ${NOBODY}, and not to 0`;
  const ps = await lifeguard('ps');
  expect(ps).toMatchObject({ code: 3, stdout: '' });
  expect(ps.stderr).toContain(`not looked into: ${theirs}, ${found}\n`);
  const status = await lifeguard('status');
  expect(status).toMatchObject({ code: 3, stdout: '' });
  expect(status.stderr).toContain(`refused   ${theirs}: ${found}\n`);
  expect((await lifeguard('completion-words', 'names')).stdout).toBe('');
});

test.skipIf(!isRoot)('another user finds nothing, and gets nothing from a socket (needs root)', async () => {
  const world = makeWorld();
  const { path } = await world.application();
  const ps = await runAsNobody(world, ['ps']);
  expect(ps).toMatchObject({ code: 3, stdout: '' });
  for (const args of [['status'], ['health-check', '--fix', '--yes'], ['export']]) {
    const { code, stdout, stderr } = await runAsNobody(world, [...args, '--socket', path]);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toMatch(
      /this socket belongs to another user\n[^]*fix +run this as the user that runs the application\n/,
    );
  }
});

test('one that hangs is named, and keeps nobody from asking another', async () => {
  const { lifeguard, application } = makeWorld();
  const [hanging, orders] = [await application({ name: 'hanging' }), await application({ name: 'orders' })];
  hanging.child.kill('SIGSTOP');
  const ps = await lifeguard('ps');
  expect(ps.code).toBe(0);
  expect(ps.stdout).toContain('orders');
  expect(ps.stderr).toBe(`silent: ${hanging.path}, it does not answer\n`);
  expect((await lifeguard('status')).stdout).toContain(`orders (pid ${orders.pid})`);
  expect((await lifeguard('completion-words', 'names')).stdout).toBe('orders\n');
  const asked = await lifeguard('status', '--socket', hanging.path);
  expect(asked).toMatchObject({ code: 3, stdout: '' });
});

/** The modules are read before the user changes: `nobody` may not enter every place where they lie. */
async function runAsNobody({ env }: World, args: readonly string[]): Promise<Ran> {
  const from = (file: string): string => JSON.stringify(new URL(file, import.meta.url).href);
  const program = `
    import process from 'node:process';
    import { systemClock } from '@lifeguard/core';
    import { main } from ${from('main.ts')};
    process.setgid(${NOBODY}); process.setuid(${NOBODY});
    process.exitCode = await main(${JSON.stringify(args)}, {
      stdout: process.stdout, stderr: process.stderr, env: process.env,
      isTTY: false, columns: undefined, clock: systemClock, ask: undefined,
    });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    env,
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  return { code, stdout, stderr };
}
