import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { AdminClient } from './admin-client.ts';

/** The address of somebody who accepts, and says nothing. */
async function silence(): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'lg-silent-'));
  const path = join(directory, 'silent.sock');
  const server = createServer((socket) => onTestFinished(() => void socket.destroy()));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => {
    server.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return path;
}

test.each(['get', 'post'] as const)('a %s ends when its signal aborts, and says why', async (method) => {
  const path = await silence();
  const client = new AdminClient({ path, pid: 1, name: 'silent', pools: [] }, { path });
  const given = new AbortController();
  const { signal } = given;
  const asked =
    method === 'get' ? client.get('/v1', { signal }) : client.post('/v1/pools/a/evict', {}, { signal });
  given.abort();
  await expect(asked).rejects.toMatchObject({ reason: 'no-answer' });
});
