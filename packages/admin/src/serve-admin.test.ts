// Security rule 1 in real processes, and what becomes of their sockets.

import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { until } from '../test/admin-world.ts';
import { makeIdlePool } from '../test/idle-pool.ts';
import { privateDirectory, runApplication } from '../test/run-application.ts';
import { ADMIN_EVENTS } from './admin-pool.ts';
import { connectAdmin } from './admin-sockets.ts';
import { serveAdmin } from './serve-admin.ts';

const isRoot = process.geteuid?.() === 0;
const own = `lifeguard-${process.pid}.sock`;

describe('a socket', () => {
  it('answers until it is closed, and is removed then', async () => {
    const directory = privateDirectory();
    const server = await serveAdmin({ pools: [makeIdlePool('main')], name: 'orders', directory });
    expect(server.path).toBe(join(directory, own));
    const client = await connectAdmin({ directory });
    expect(client.application).toEqual({
      path: server.path,
      pid: process.pid,
      name: 'orders',
      pools: ['main'],
    });
    expect(await client.get('/v1/health')).toMatchObject({ status: 'healthy' });
    await server.close();
    await server.close();
    expect(readdirSync(directory)).toEqual([]);
    await expect(client.get('/v1')).rejects.toThrow(expect.objectContaining({ reason: 'none-running' }));
  });

  it('that is closed ends the events that somebody reads', async () => {
    const pool = makeIdlePool('main');
    const on = vi.spyOn(pool, 'on');
    const server = await serveAdmin({ pools: [pool], directory: privateDirectory() });
    const reading = (await connectAdmin({ path: server.path ?? '' })).events().next();
    await until('somebody listens', () => on.mock.calls.length > 0);
    await server.close();
    await expect(reading).resolves.toEqual({ done: true, value: undefined });
  });

  it('is not served twice by a process', async () => {
    const directory = privateDirectory();
    await using first = await serveAdmin({ pools: [], directory });
    await expect(serveAdmin({ pools: [], directory })).rejects.toThrow(/this process is served already/);
    expect((await connectAdmin({ path: first.path ?? '' })).application.pid).toBe(process.pid);
  });

  it('leaves alone what is the process’s: its umask, and how many listeners it may have', async () => {
    const umask = vi.spyOn(process, 'umask');
    const room = process.getMaxListeners() - process.listenerCount('exit');
    await using server = await serveAdmin({ pools: [], directory: privateDirectory() });
    expect(process.getMaxListeners() - process.listenerCount('exit')).toBe(room);
    await server.close();
    expect(process.getMaxListeners() - process.listenerCount('exit')).toBe(room);
    expect(umask).not.toHaveBeenCalled();
  });

  it('is turned off by an option, or by the environment', async () => {
    const directory = privateDirectory();
    await using off = await serveAdmin({ pools: [], directory, enabled: false });
    vi.stubEnv('LIFEGUARD_ADMIN', 'off');
    onTestFinished(() => void vi.unstubAllEnvs());
    await using offByEnvironment = await serveAdmin({ pools: [], directory });
    expect([off.path, offByEnvironment.path]).toEqual([undefined, undefined]);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('of a misspelt option is none', async () => {
    const options = { pools: [], directroy: '/tmp' } as never;
    await expect(serveAdmin(options)).rejects.toThrow(/did you mean "directory"/);
  });

  it('with too long a path is refused with its length, unless another directory is short enough', async () => {
    const directory = join(privateDirectory(), 'x'.repeat(100));
    await expect(serveAdmin({ pools: [], directory })).rejects.toThrow(
      expect.objectContaining({
        reason: 'path-too-long',
        message: expect.stringMatching(/\(\d+ bytes\)/) as unknown,
      }),
    );
    const runtime = join(privateDirectory(), 'y'.repeat(90));
    execFileSync('mkdir', ['-m', '700', runtime]);
    const temporary = privateDirectory();
    const { said } = await runApplication({}, { XDG_RUNTIME_DIR: runtime, TMPDIR: temporary });
    expect(said.path?.startsWith(join(temporary, 'lifeguard-'))).toBe(true);
  });
});

describe('security rule 1: the socket', () => {
  it.each([0o000, 0o022, 0o077])(
    'has mode 0600 under umask %o, which stays the process’s own',
    async (umask) => {
      const { said } = await runApplication({ directory: privateDirectory(), umask });
      expect(lstatSync(said.path ?? '').mode & 0o777).toBe(0o600);
      expect(said['umask']).toBe(umask);
    },
  );

  it('of a worker thread is its own, and as private', async () => {
    const { said } = await runApplication({ directory: privateDirectory(), inWorker: true });
    expect(said.path).toMatch(/lifeguard-\d+-\d+\.sock$/);
    expect(lstatSync(said.path ?? '').mode & 0o777).toBe(0o600);
  });

  it('of a worker of a cluster is its own, and made by it', async () => {
    const { said } = await runApplication({ directory: privateDirectory(), inCluster: true, umask: 0o000 });
    expect(lstatSync(said.path ?? '').mode & 0o777).toBe(0o600);
    expect((await connectAdmin({ path: said.path ?? '' })).application.pid).toBe(said.pid);
  });

  it.skipIf(!isRoot)('and its directory keep another user out (needs root)', async () => {
    const directory = privateDirectory();
    const { said } = await runApplication({ directory });
    const attempt = `
      process.setgid(65534); process.setuid(65534);
      require('node:net').connect(${JSON.stringify(said.path)})
        .on('connect', () => console.log('in')).on('error', (error) => console.log(error.code));`;
    expect(execFileSync(process.execPath, ['-e', attempt]).toString().trim()).toBe('EACCES');
  });

  it('is not abstract: it has a file', async () => {
    const { said } = await runApplication({ directory: privateDirectory() });
    expect(existsSync(said.path ?? '')).toBe(true);
    if (process.platform === 'linux')
      expect(readFileSync('/proc/net/unix', 'utf8')).not.toMatch(/@\S*lifeguard-\d+/);
  });

  it.each(['exit', 'throw', 'idle'])(
    'is removed, and keeps no process alive, at the end by %s',
    async (end) => {
      const directory = privateDirectory();
      const { child } = await runApplication({ directory, end });
      await until('it has gone', () => child.exitCode !== null);
      expect(readdirSync(directory)).toEqual([]);
    },
  );
});

describe('security rule 1: a socket that was left behind', () => {
  it('is removed by the next process that serves', async () => {
    const directory = privateDirectory();
    const killed = await runApplication({ directory });
    killed.child.kill('SIGKILL');
    await until('it was killed', () => killed.child.signalCode !== null);
    expect(readdirSync(directory)).toHaveLength(1);
    const { said } = await runApplication({ directory });
    expect(readdirSync(directory)).toEqual([`lifeguard-${said.pid}.sock`]);
  });

  it('stays when somebody answers on it', async () => {
    const directory = privateDirectory();
    const one = await runApplication({ directory });
    const two = await runApplication({ directory });
    expect(readdirSync(directory).sort()).toEqual(
      [one, two].map(({ said }) => `lifeguard-${said.pid}.sock`).sort(),
    );
    expect((await connectAdmin({ path: one.said.path ?? '' })).application.pid).toBe(one.said.pid);
  });

  it('is replaced where this process wants to have its own', async () => {
    const directory = privateDirectory();
    leaveStale(join(directory, own));
    await using server = await serveAdmin({ pools: [], directory });
    expect((await connectAdmin({ path: server.path ?? '' })).application.pid).toBe(process.pid);
  });

  it('is never another kind of file: that stays, and is an error', async () => {
    const directory = privateDirectory();
    writeFileSync(join(directory, own), 'precious');
    writeFileSync(join(directory, 'lifeguard-999999999.sock'), 'precious as well');
    await expect(serveAdmin({ pools: [], directory })).rejects.toThrow(
      expect.objectContaining({
        reason: 'path-taken',
        message: expect.stringMatching(/found +no socket/) as unknown,
      }),
    );
    expect(readFileSync(join(directory, own), 'utf8')).toBe('precious');
    expect(readdirSync(directory)).toHaveLength(2);
  });

  it('is not looked for among other names', async () => {
    const directory = privateDirectory();
    leaveStale(join(directory, 'somebody.sock'));
    await using _ = await serveAdmin({ pools: [], directory });
    expect(readdirSync(directory)).toContain('somebody.sock');
  });
});

describe('security rule 2: a server', () => {
  it('has four connections at most: the next is answered with 503, and closed', async () => {
    const directory = privateDirectory();
    const pool = makeIdlePool('main');
    await using server = await serveAdmin({ pools: [pool], allow: ['suspend'], directory });
    const open = await Promise.all(Array.from({ length: 4 }, () => opened(server.path ?? '')));
    await until('it has accepted them', async () => (await connections(directory)) >= 4);
    const answer = await talk(
      server.path ?? '',
      'POST /v1/pools/main/suspend HTTP/1.1\r\nHost: localhost\r\n\r\n',
    );
    expect(pool.snapshot().state).toBe('open');
    expect(answer).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n/);
    expect(answer).toContain('"code":"too-many-connections"');
    for (const socket of open) socket.destroy();
    await until('there is room again', async () =>
      (await talk(server.path ?? '', 'GET /v1 HTTP/1.1\r\nHost: localhost\r\n\r\n')).startsWith(
        'HTTP/1.1 200',
      ),
    );
  });

  it('leaves a connection for questions when others read events', async () => {
    const pool = makeIdlePool('main');
    const on = vi.spyOn(pool, 'on');
    await using server = await serveAdmin({ pools: [pool], directory: privateDirectory() });
    const client = await connectAdmin({ path: server.path ?? '' });
    const abort = new AbortController();
    const readings = [1, 2, 3].map(() => client.events({ signal: abort.signal }).next());
    await until('three read', () => on.mock.calls.length === 3 * ADMIN_EVENTS.length);
    await expect(client.events().next()).rejects.toThrow(
      expect.objectContaining({ problem: 'too-many-readers' }),
    );
    await until('a question is answered', () =>
      client.get('/v1/health').then(
        () => true,
        () => false,
      ),
    );
    abort.abort();
    await Promise.all(readings);
  });

  it('answers one request of a connection', async () => {
    await using server = await serveAdmin({ pools: [], directory: privateDirectory() });
    const request = 'GET /v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n';
    const answer = await talk(server.path ?? '', request + request);
    expect(answer).toMatch(/\r\nconnection: close\r\n/i);
    expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  });

  it('takes headers of 8 kB at most', async () => {
    await using server = await serveAdmin({ pools: [], directory: privateDirectory() });
    const answer = await talk(
      server.path ?? '',
      `GET /v1 HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(9_000)}\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    expect(answer).toContain('cache-control: no-store\r\n');
  });

  it('takes no action that was not allowed', async () => {
    await using server = await serveAdmin({
      pools: [makeIdlePool('main')],
      allow: ['evict'],
      directory: privateDirectory(),
    });
    const client = await connectAdmin({ path: server.path ?? '' });
    await expect(client.post('/v1/pools/main/suspend')).rejects.toThrow(
      expect.objectContaining({ reason: 'refused', status: 403, problem: 'not-allowed' }),
    );
    expect(await client.post('/v1/pools/main/evict')).toMatchObject({ outcome: 'done' });
    expect(await client.get('/v1/audit')).toMatchObject({
      entries: [
        { action: 'suspend', outcome: 'refused', peer: 'socket' },
        { action: 'evict', outcome: 'done', peer: 'socket' },
      ],
    });
  });
});

/** What comes back on a connection of its own, until it is closed. */
function talk(path: string, text: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let answer = '';
  const socket = connect(path);
  socket.on('data', (chunk) => {
    answer += chunk.toString('latin1');
  });
  socket.on('error', () => undefined);
  socket.on('close', () => resolve(answer));
  socket.write(text);
  return promise;
}

async function opened(path: string): Promise<ReturnType<typeof connect>> {
  const socket = connect(path);
  socket.on('error', () => undefined);
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.once('connect', resolve);
  await promise;
  return socket;
}

/** Connections to sockets of that directory, as the system counts them; only Linux tells. */
async function connections(directory: string): Promise<number> {
  await Promise.resolve();
  if (process.platform !== 'linux') return 4;
  const lines = readFileSync('/proc/net/unix', 'utf8').split('\n');
  // The state 03 is a connection that was accepted or waits to be.
  return lines.filter((line) => line.includes(directory) && / 0001 03 /.test(line)).length;
}

/** A socket whose process was killed. */
function leaveStale(path: string): void {
  const program = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  try {
    execFileSync(process.execPath, ['-e', program], { cwd: tmpdir() });
  } catch {
    // As it was told to.
  }
}
