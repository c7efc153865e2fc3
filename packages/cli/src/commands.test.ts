// The command as it is run, beside applications in processes of their own.

import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeWorld, untilCode } from '../test/run-cli.ts';

test('where nothing runs it says so on stderr, and ends with 3', async () => {
  const { lifeguard } = makeWorld();
  expect(await lifeguard('ps')).toEqual({
    code: 3,
    stdout: '',
    stderr: 'no application is running that can be asked: call serveAdmin({ pools }) in it\n',
  });
  const { code, stdout, stderr } = await lifeguard('status');
  expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
  expect(stderr).toMatch(/^LifeguardError \[LG_UNSUPPORTED\]: no application is running that can be asked\n/);
});

test('the only application that runs is the one that is meant', async () => {
  const { lifeguard, application } = makeWorld();
  const { pid } = await application({ name: 'orders', pools: ['main', 'reports'] });
  const list = await lifeguard('ps');
  expect(list.stdout.split('\n')[1]).toBe(
    `${String(pid).padStart(3)}  orders  main 0/2, reports 0/2  healthy`,
  );
  const { code, stdout, stderr } = await lifeguard('status');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain(
    `orders (pid ${pid})\n\npool main\n  pool size         2, up to 2 with overflow\n`,
  );
  expect((await lifeguard('status', '--pool', 'reports')).stdout).not.toContain('pool main');
  const unknown = await lifeguard('status', '--pool', 'report');
  expect(unknown.code).toBe(64);
  expect(unknown.stderr).toContain('there are "main", "reports"');
});

test('of several applications it lists which there are, and ends with 64', async () => {
  const { lifeguard, application } = makeWorld();
  const [orders, billing] = [await application({ name: 'orders' }), await application({ name: 'billing' })];
  const { code, stdout, stderr } = await lifeguard('status');
  expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
  expect(stderr).toContain(`pid ${orders.pid} "orders"`);
  expect(stderr).toContain(`pid ${billing.pid} "billing"`);
  expect((await lifeguard('status', '--name', 'billing')).stdout).toContain(`billing (pid ${billing.pid})`);
  expect((await lifeguard('status', '--pid', `${orders.pid}`)).stdout).toContain(
    `orders (pid ${orders.pid})`,
  );
  expect((await lifeguard('status', '--name', 'shop')).code).toBe(3);
});

test('a socket that a killed process has left is named on stderr', async () => {
  const { lifeguard, application } = makeWorld();
  const { child, path } = await application();
  child.kill('SIGKILL');
  await once(child, 'exit');
  const { code, stderr } = await lifeguard('ps');
  expect(code).toBe(3);
  expect(stderr).toContain(`stale: ${path}, its process has ended\n`);
  const status = await lifeguard('status');
  expect(status.code).toBe(3);
  expect(status.stderr).toContain(path);
});

test('a leak of half of the pool ends with 2, and is named with its place', async () => {
  const { lifeguard, application } = makeWorld();
  await application({ leak: 1 });
  const status = await untilCode(2, () => lifeguard('status'));
  expect(status.stdout).toMatch(/suspected leaks +1\n +health +critical/);
  const { code, stdout } = await lifeguard('diagnose');
  expect(code).toBe(2);
  expect(stdout).toContain('critical leaking-site');
  expect(stdout).toMatch(/potential leaks\n {4}\S*test\/application\.ts:\d+.*: held for /);
  expect(stdout).toMatch(/change +wrap .*\n +risk +what is taken back is closed/);
});

test('where a pool offers no advice its health still is what the application says', async () => {
  const { lifeguard, application } = makeWorld();
  await application({ leak: 1, diagnosis: false });
  const { stdout } = await untilCode(1, () => lifeguard('diagnose'));
  expect(stdout).toContain('1 of 1 connections in use are suspected of being leaked');
  expect(stdout).toContain('no advice: this pool does not offer a diagnosis');
});

test('as data it prints what the application answers, and nothing else', async () => {
  const { lifeguard, application } = makeWorld();
  const { pid } = await application();
  const json = async (...args: string[]): Promise<unknown> => {
    const { stdout, stderr } = await lifeguard(...args, '--json');
    expect(stderr).toBe('');
    return JSON.parse(stdout);
  };
  expect(await json('ps')).toMatchObject({ schemaVersion: 1, applications: [{ pid, health: 'healthy' }] });
  expect(await json('status')).toMatchObject({ schemaVersion: 1, pools: [{ name: 'main', used: 0 }] });
  expect(await json('diagnose')).toMatchObject({ pools: [{ health: 'healthy', recommendations: [] }] });
});

test('everything is written to a file that only its owner can read', async () => {
  const { lifeguard, application, directory } = makeWorld();
  await application();
  const file = join(directory, 'state.json');
  const { code, stdout, stderr } = await lifeguard('export', '--output', file);
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  expect(stderr).toMatch(/^1 pool of orders \(pid \d+\): /);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
    schemaVersion: 1,
    kind: 'lifeguard-export',
    pools: [{ name: 'main', health: 'healthy', snapshot: { size: 2 }, diagnosis: { recommendations: [] } }],
  });
  expect((await lifeguard('export', '--output', directory)).code).toBe(64);
});

test('a mounted endpoint is asked with the token of a file, which is printed nowhere', async () => {
  const { lifeguard, application, directory } = makeWorld();
  const token = 'LgCanary9-token-of-an-endpoint';
  const { port } = await application({ token });
  const file = join(directory, 'token');
  writeFileSync(file, `${token}\n`);
  const url = `http://127.0.0.1:${port}/lifeguard`;
  const exported = await lifeguard('export', '--url', url, '--token-file', file);
  expect(exported).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(exported.stdout)).toMatchObject({ application: url, pools: [{ name: 'main' }] });
  writeFileSync(file, `${token}x\n`);
  const refused = await lifeguard('status', '--url', url, '--token-file', file);
  expect(refused).toMatchObject({ code: 3, stdout: '' });
  expect(refused.stderr).toContain('the endpoint refused (not-authorized)');
  expect(refused.stderr).not.toContain(token);
  expect((await lifeguard('status', '--url', 'http://127.0.0.1:9/lifeguard')).code).toBe(3);
  const clear = await lifeguard('status', '--url', 'http://user:LgCanary9@example.com/lifeguard');
  expect(clear.code).toBe(64);
  expect(clear.stderr).not.toContain('LgCanary9');
});

test('every code is explained, however it is written; of others the closest is named', async () => {
  const { lifeguard } = makeWorld();
  const page = await lifeguard('explain', 'acquire-timeout');
  expect(page).toMatchObject({ code: 0, stderr: '' });
  expect(page.stdout).toMatch(/^LG_ACQUIRE_TIMEOUT\n\nNo connection became free within/);
  const unknown = await lifeguard('explain', 'LG_AQUIRE_TIMEOUT');
  expect(unknown).toMatchObject({ code: 64, stdout: '' });
  expect(unknown.stderr).toContain('closest   LG_ACQUIRE_TIMEOUT\n');
});

test('what cannot be understood ends with 64, and repeats no password', async () => {
  const { lifeguard } = makeWorld();
  expect((await lifeguard('status', '--pid', 'x')).code).toBe(64);
  expect((await lifeguard()).code).toBe(64);
  const { code, stderr } = await lifeguard('postgres://app:LgCanary9@db/shop');
  expect(code).toBe(64);
  expect(stderr).toContain('postgres://app:***@db/shop');
  expect(await lifeguard('--version')).toMatchObject({ code: 0, stdout: '0.1.0\n' });
  expect(await lifeguard('--help')).toMatchObject({ code: 0, stderr: '' });
});

test('colours come only where they are asked for', async () => {
  const { application, lifeguard } = makeWorld({ FORCE_COLOR: '1' });
  await application();
  expect((await lifeguard('status')).stdout).toContain('\u001b[32mhealthy\u001b[39m');
});

test('a reader that has seen enough is no error', async () => {
  const { unread, application } = makeWorld();
  const { path } = await application();
  expect(await unread('export', '--socket', path)).toEqual({ code: 0, stdout: '', stderr: '' });
});
