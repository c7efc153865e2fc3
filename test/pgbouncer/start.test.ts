import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { expect, inject, test, vi } from 'vitest';
import { describeWith } from '../support/describe-with.ts';
import { startPgBouncer, targetOf } from '../support/pgbouncer.ts';

async function answer(url: string, sql: string): Promise<unknown> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<{ answer: unknown }>(sql)).rows[0]?.answer;
  } finally {
    await client.end();
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describeWith('pgbouncer', 'a PgBouncer of our own', () => {
  test('serves the database and its console, and stopping it leaves no process', async () => {
    const target = targetOf(inject('databaseUrl'));
    const pooler = await startPgBouncer({ target, poolSize: 2, settings: { query_wait_timeout: 7 } });
    try {
      expect(await answer(pooler.url, 'select current_database() as answer')).toBe(target.database);
      const config = await pooler.admin('show config');
      const valueOf = (key: string): unknown => config.find((row) => row['key'] === key)?.['value'];
      expect([valueOf('pool_mode'), valueOf('default_pool_size')]).toEqual(['transaction', '2']);
      expect(valueOf('query_wait_timeout')).toBe('7');
      expect(await pooler.readLog()).toContain('process up: PgBouncer');
    } finally {
      await pooler.stop();
    }
    expect([pooler.isRunning, isAlive(pooler.pid)]).toEqual([false, false]);
    await pooler.stop();
  });

  test('says why it does not start', async () => {
    const target = targetOf(inject('databaseUrl'));
    await expect(startPgBouncer({ target, settings: { pool_mode: 'nonsense' } })).rejects.toThrow(
      /did not start[^]*pool_mode/,
    );
  });

  test('takes the settings that docs/pgbouncer.md recommends', async () => {
    const text = readFileSync(new URL('../../docs/pgbouncer.md', import.meta.url), 'utf8');
    const [, section = ''] = /\[pgbouncer\]\n([^]*?)```/.exec(text) ?? [];
    const settings = Object.fromEntries(
      [...section.matchAll(/^(\w+) = (.*)$/gm)]
        .filter(([, name = '']) => !/^(?:listen|auth)_/.test(name))
        .map(([, name, value]) => [name, value]),
    ) as Record<string, string>;
    expect(Object.keys(settings).length).toBeGreaterThan(3);
    await using pooler = await startPgBouncer({ target: targetOf(inject('databaseUrl')), settings });
    const config = await pooler.admin('show config');
    for (const [name, value] of Object.entries(settings))
      expect(config.find((row) => row['key'] === name)?.['value']).toBe(value);
    expect(await pooler.readLog()).not.toMatch(/ERROR|FATAL/);
  });

  test('a process that is killed leaves no pooler behind', async () => {
    const module = new URL('../support/pgbouncer.ts', import.meta.url).href;
    const program = `const { startPgBouncer, targetOf } = await import(${JSON.stringify(module)});
      const { pid } = await startPgBouncer({ target: targetOf(${JSON.stringify(inject('databaseUrl'))}) });
      process.stdout.write(String(pid), () => process.kill(process.pid, 'SIGKILL'));`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
    await once(child, 'close');
    const pid = Number(output);
    expect(pid).toBeGreaterThan(1);
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), {
      timeout: 10_000,
    });
  });
});
