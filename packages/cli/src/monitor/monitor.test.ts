// The command as it is run where there is no terminal, beside applications in processes of their own.

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { BIN, makeWorld } from '../../test/run-cli.ts';

/** The next line that a process prints. */
type NextLine = () => Promise<string>;

function linesOf(child: ReturnType<ReturnType<typeof makeWorld>['start']>): NextLine {
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return async () => String((await lines.next()).value);
}

test('without a terminal there is a line for each pool and look, with a time and without colours', async () => {
  const { application, lifeguard } = makeWorld({ FORCE_COLOR: '1' });
  const { pid } = await application({ pools: ['main', 'jobs'], busy: true });
  const { code, stdout, stderr } = await lifeguard('monitor', '--interval', '0.5', '--count', '2');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const lines = stdout.split('\n');
  expect(lines).toHaveLength(5);
  expect(lines[0]).toMatch(
    new RegExp(`^20\\d\\d-\\S+Z pid=${pid} pool=main health=healthy used=\\d max=2 idle=`),
  );
  expect(lines[0]).toContain(' acquires_per_s=- timeouts=0 new_timeouts=- leaks=0');
  expect(lines[2]).toMatch(/ pool=main .* acquires_per_s=[1-9]/);
  expect(lines[3]).toMatch(/ pool=jobs .* acquires_per_s=0 timeouts=0 new_timeouts=0 leaks=0$/);
});

test('the code is that of the last look', async () => {
  const { application, lifeguard } = makeWorld();
  await application({ leak: 1 });
  const { code, stdout } = await lifeguard('monitor', '--interval', '0.5', '--count', '3', '--pool', 'main');
  expect(code).toBe(2);
  expect(stdout).toMatch(/health=critical .*leaks=1\n$/);
});

test('as data each look is one line, of the same form as an export', async () => {
  const { application, lifeguard } = makeWorld();
  const { pid } = await application({ name: 'orders', busy: true });
  const { code, stdout, stderr } = await lifeguard('monitor', '--json', '--interval', '0.5', '--count', '2');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const [first, second, end] = stdout.split('\n');
  expect(JSON.parse(first ?? '')).toMatchObject({
    schemaVersion: 1,
    kind: 'lifeguard-monitor',
    application: { name: 'orders', pid },
    pools: [
      {
        name: 'main',
        health: 'healthy',
        snapshot: { size: 2 },
        diagnosis: { recommendations: [] },
        rates: null,
      },
    ],
    omitted: [],
  });
  expect(JSON.parse(second ?? '')).toMatchObject({ pools: [{ rates: { timeouts: 0 } }] });
  expect(end).toBe('');
});

test.skipIf(process.platform === 'win32')('a reader that has seen enough ends it, quietly', async () => {
  const { application, env } = makeWorld();
  await application();
  for (const option of ['', '--json']) {
    const command = `"${process.execPath}" "${BIN}" monitor --interval 0.5 ${option} | head -n 1`;
    const { stdout, stderr } = await promisify(execFile)('sh', ['-c', command], { env, timeout: 30_000 });
    expect(stderr).toBe('');
    expect(stdout.split('\n')).toHaveLength(2);
  }
});

test('an application that is gone is told, and found again under its name', async () => {
  const { application, start } = makeWorld();
  const first = await application({ name: 'orders' });
  const monitor = start('monitor', '--json', '--name', 'orders', '--interval', '0.5');
  const next = linesOf(monitor);
  expect(JSON.parse(await next())).toMatchObject({ application: { pid: first.pid } });
  first.child.kill('SIGKILL');
  await until(
    next,
    (line) =>
      line.includes('"lost":"no such application is running"') ||
      line.includes('"lost":"no application is running'),
  );
  const second = await application({ name: 'orders' });
  const found = await until(next, (line) => !line.includes('"lost":"'));
  expect(JSON.parse(found)).toMatchObject({ application: { pid: second.pid }, pools: [{ rates: null }] });
});

test('a signal ends it as it ends any program', async () => {
  const { application, start } = makeWorld();
  await application();
  const monitor = start('monitor', '--interval', '60');
  const ended = once(monitor, 'exit');
  await linesOf(monitor)();
  monitor.kill('SIGTERM');
  expect(await ended).toEqual([null, 'SIGTERM']);
});

test('where nothing runs, and when it is not understood, it does not begin', async () => {
  const { lifeguard } = makeWorld();
  expect(await lifeguard('monitor')).toMatchObject({ code: 3, stdout: '' });
  for (const args of [
    ['--interval', '0'],
    ['--interval', 'x'],
    ['--interval', ''],
    ['--count', '0'],
    ['--count', '1.5'],
  ])
    expect(await lifeguard('monitor', ...args)).toMatchObject({ code: 64, stdout: '' });
});

test('a mounted endpoint is watched as well', async () => {
  const { application, directory, lifeguard } = makeWorld();
  const token = 'LgCanary9-token-of-an-endpoint';
  const { pid, port } = await application({ token });
  const file = join(directory, 'token');
  writeFileSync(file, token);
  const url = `http://127.0.0.1:${port}/lifeguard`;
  const { code, stdout } = await lifeguard('monitor', '--url', url, '--token-file', file, '--count', '1');
  expect(code).toBe(0);
  expect(stdout).toContain(` pid=${pid} pool=main health=healthy `);
  expect(await lifeguard('monitor', '--url', url, '--count', '1')).toMatchObject({ code: 3, stdout: '' });
});

/** Reads on to a line that is wanted; the command itself ends after a while. */
async function until(next: NextLine, isWanted: (line: string) => boolean): Promise<string> {
  for (;;) {
    const line = await next();
    if (isWanted(line)) return line;
    expect(line).not.toBe('undefined');
  }
}
