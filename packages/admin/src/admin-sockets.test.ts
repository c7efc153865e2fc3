import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Pool } from '@lifeguard/core';
import { FakeConnector, ManualClock } from '@lifeguard/core/testing';
import { until } from '../test/admin-world.ts';
import { makeIdlePool } from '../test/idle-pool.ts';
import { privateDirectory, runApplication } from '../test/run-application.ts';
import { connectAdmin, listAdminSockets } from './admin-sockets.ts';
import { AdminError } from './admin-error.ts';
import { serveAdmin } from './serve-admin.ts';

const isRoot = process.geteuid?.() === 0;
const failing = (reason: AdminError['reason'], message = /(?:)/): unknown =>
  expect.objectContaining({
    code: 'LG_UNSUPPORTED',
    reason,
    message: expect.stringMatching(message) as unknown,
  });

describe('the list of applications', () => {
  it('has those that answer, by their pid, name and pools, and tells what it has left out', async () => {
    const directory = privateDirectory();
    const one = await runApplication({ directory, name: 'orders' });
    const two = await runApplication({ directory, name: 'billing' });
    const killed = await runApplication({ directory, name: 'killed' });
    killed.child.kill('SIGKILL');
    await until('it was killed', () => killed.child.signalCode !== null);
    writeFileSync(join(directory, 'notes.txt'), '');
    const listed = await listAdminSockets({ directory });
    expect(listed).toEqual({
      applications: [
        { pid: one.said.pid, name: 'orders', path: one.said.path, pools: ['main'] },
        { pid: two.said.pid, name: 'billing', path: two.said.path, pools: ['main'] },
      ].sort((a, b) => Number(a.pid) - Number(b.pid)),
      stale: [killed.said.path],
      silent: [],
      refused: [],
    });
    expect((await connectAdmin({ directory, name: 'orders' })).application.pid).toBe(one.said.pid);
    expect((await connectAdmin({ directory, pid: Number(two.said.pid) })).application.name).toBe('billing');
    await expect(connectAdmin({ directory })).rejects.toThrow(
      failing('several-running', /2 applications are running[^]*pid \d+ "orders"[^]*fix +say which one/),
    );
    await expect(connectAdmin({ directory, name: 'nobody' })).rejects.toThrow(
      failing('none-running', /no such application is running[^]*"billing"[^]*stale +\//),
    );
  });

  it('is empty where there is no directory yet, or nothing in it', async () => {
    const directory = privateDirectory();
    for (const each of [directory, join(directory, 'missing')]) {
      expect(await listAdminSockets({ directory: each })).toMatchObject({ applications: [], refused: [] });
      await expect(connectAdmin({ directory: each })).rejects.toThrow(
        failing('none-running', /no application is running that can be asked[^]*fix +call serveAdmin/),
      );
    }
  });

  it('is that of the user’s own directories', async () => {
    const runtime = privateDirectory();
    vi.stubEnv('XDG_RUNTIME_DIR', runtime);
    vi.stubEnv('TMPDIR', privateDirectory());
    onTestFinished(() => void vi.unstubAllEnvs());
    const { said } = await runApplication();
    // One that a service manager has started, without a runtime directory.
    const service = await runApplication({}, { XDG_RUNTIME_DIR: '' });
    const { applications } = await listAdminSockets();
    expect(new Set(applications.map(({ path }) => path))).toEqual(new Set([said.path, service.said.path]));
    expect(said.path?.startsWith(runtime)).toBe(true);
  });

  it('security rule 1: does not look into a directory that others can enter', async () => {
    const directory = privateDirectory();
    const { said } = await runApplication({ directory });
    chmodSync(directory, 0o755);
    expect(await listAdminSockets({ directory })).toMatchObject({
      applications: [],
      refused: [{ directory, found: 'its mode is 0755: others have access' }],
    });
    await expect(connectAdmin({ directory })).rejects.toThrow(
      failing('none-running', /refused +\/.*others have access/),
    );
    expect(said.pid).toBeGreaterThan(0);
  });

  it('waits for no application longer than it is told', async () => {
    const directory = privateDirectory();
    const path = join(directory, 'lifeguard-1.sock');
    const silent = createServer(() => undefined).listen(path);
    onTestFinished(() => void silent.close());
    const startedAt = performance.now();
    expect(await listAdminSockets({ directory, helloMs: 20 })).toMatchObject({ silent: [path] });
    expect(performance.now() - startedAt).toBeLessThan(1_900);
  });

  it('names what answers, but is not Lifeguard', async () => {
    const directory = privateDirectory();
    const path = join(directory, 'lifeguard-1.sock');
    const stranger = createServer((socket) => socket.end('220 mail ready\r\n')).listen(path);
    onTestFinished(() => void stranger.close());
    expect(await listAdminSockets({ directory })).toMatchObject({ applications: [], silent: [path] });
    await expect(connectAdmin({ path })).rejects.toThrow(failing('no-answer'));
  });
});

describe('a path', () => {
  it('that is not there, or whose process has ended, is told apart', async () => {
    const directory = privateDirectory();
    const path = join(directory, 'lifeguard-1.sock');
    await expect(connectAdmin({ path })).rejects.toThrow(failing('none-running', /there is no such socket/));
    const killed = await runApplication({ directory });
    killed.child.kill('SIGKILL');
    await until('it was killed', () => killed.child.signalCode !== null);
    await expect(connectAdmin({ path: killed.said.path ?? '' })).rejects.toThrow(
      failing('stale', /nobody answers on this socket/),
    );
  });

  it.skipIf(!isRoot)('of another user says whose run it takes (needs root)', async () => {
    const directory = privateDirectory();
    const { said } = await runApplication({ directory });
    const program = `
      import { connectAdmin } from ${JSON.stringify(new URL('admin-sockets.ts', import.meta.url).href)};
      process.setgid(65534); process.setuid(65534);
      await connectAdmin({ path: ${JSON.stringify(said.path)} }).catch((error) => console.log(error.message));`;
    const printed = execFileSync(process.execPath, ['--input-type=module', '-e', program]).toString();
    expect(printed).toMatch(
      /this socket belongs to another user\n[^]*fix +run this as the user that runs the application/,
    );
  });
});

describe('a client', () => {
  it('gets data, text and refusals', async () => {
    const directory = privateDirectory();
    await using _ = await serveAdmin({ pools: [makeIdlePool('main')], metrics: () => 'up 1\n', directory });
    const client = await connectAdmin({ directory });
    expect(await client.get('/v1/metrics')).toBe('up 1\n');
    expect(await client.get('/v1/snapshot?pool=main')).toMatchObject({ pools: [{ name: 'main' }] });
    await expect(client.get('/v1/snapshot?pool=x')).rejects.toThrow(
      expect.objectContaining({ reason: 'refused', status: 404, problem: 'unknown-pool' }),
    );
    await expect(client.get('/v1/events?pool=x')).rejects.toThrow(failing('refused'));
    for (const path of ['v1', '/v1\r\nX: y', '/v1 x'])
      await expect(client.get(path)).rejects.toThrow(expect.objectContaining({ code: 'LG_INVALID_OPTION' }));
  });

  it('gets health that is bad as an answer, not as an error', async () => {
    const pool = makeIdlePool('main');
    await pool.close();
    await using server = await serveAdmin({ pools: [pool], directory: privateDirectory() });
    const client = await connectAdmin({ path: server.path ?? '' });
    expect(await client.get('/v1/health')).toMatchObject({ status: 'unavailable' });
  });

  it('reads events until it has enough, and is not listened for any more then', async () => {
    const clock = new ManualClock();
    const pool = new Pool(new FakeConnector(), {
      name: 'main',
      leakThresholdMs: 1_000,
      clock,
      logger: SILENT,
    });
    await using server = await serveAdmin({ pools: [pool], directory: privateDirectory() });
    const client = await connectAdmin({ path: server.path ?? '' });
    const on = vi.spyOn(pool, 'on');
    const reading = client.events({ pool: 'main' })[Symbol.asyncIterator]();
    const first = reading.next();
    await until('it listens', () => on.mock.calls.length > 0);
    const lease = await pool.acquire();
    await clock.advance(3_000);
    lease.release();
    expect(await first).toMatchObject({
      value: { event: 'leak', data: { pool: 'main', code: 'LG_LEAK_SUSPECTED' } },
    });
    expect(await reading.next()).toMatchObject({ value: { event: 'returned-late' } });
    await reading.return();
  });

  it('ends its events at the signal, and when the application is killed', async () => {
    const directory = privateDirectory();
    const application = await runApplication({ directory, telling: true });
    const client = await connectAdmin({ directory });
    const abort = new AbortController();
    const told = { value: { event: 'timeout', data: { code: 'LG_ACQUIRE_TIMEOUT', pool: 'main' } } };
    const aborted = client.events({ signal: abort.signal });
    expect(await aborted.next()).toMatchObject(told);
    abort.abort();
    expect(await drain(aborted)).toBe('ended');
    const killed = client.events();
    expect(await killed.next()).toMatchObject(told);
    application.child.kill('SIGKILL');
    expect(await drain(killed)).toBe('ended');
  });
});

async function drain(events: AsyncIterable<unknown>): Promise<string> {
  for await (const _ of events);
  return 'ended';
}

const SILENT = { warn: () => undefined, error: () => undefined };
