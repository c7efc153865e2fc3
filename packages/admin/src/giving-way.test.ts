// A socket that somebody else has opened for an application gives way to the application's own.

import { readdirSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { privateDirectory } from '../test/run-application.ts';
import { connectAdmin } from './admin-sockets.ts';
import { serveAdmin } from './serve-admin.ts';

test('gives way to whoever serves later, where it was served by somebody who is not the application', async () => {
  const directory = privateDirectory();
  const [early, own] = await Promise.all([
    serveAdmin({ pools: [], name: 'guest', directory, yields: true }),
    serveAdmin({ pools: [], name: 'host', directory }),
  ]);
  onTestFinished(() => own.close());
  expect((await connectAdmin({ directory })).application.name).toBe('host');
  await early.close();
  await expect(serveAdmin({ pools: [], directory, yields: true })).rejects.toThrow(
    expect.objectContaining({ reason: 'served-already' }),
  );
  expect((await connectAdmin({ directory })).application.name).toBe('host');
});

test('gives way to one of two that come at the same time, and the other is refused', async () => {
  const directory = privateDirectory();
  await serveAdmin({ pools: [], name: 'guest', directory, yields: true });
  const hosts = ['one', 'other'].map((name) => serveAdmin({ pools: [], name, directory }));
  const [one, other] = await Promise.allSettled(hosts);
  expect(other).toMatchObject({ status: 'rejected', reason: { reason: 'served-already' } });
  expect((await connectAdmin({ directory })).application.name).toBe('one');
  if (one?.status === 'fulfilled') await one.value.close();
});

test('gives way to an application that wants nothing served, but not to one that cannot serve', async () => {
  const directory = privateDirectory();
  await using _ = await serveAdmin({ pools: [], name: 'guest', directory, yields: true });
  await expect(serveAdmin({ pools: [], directory: '/dev/null/x' })).rejects.toThrow();
  expect((await connectAdmin({ directory })).application.name).toBe('guest');
  await using off = await serveAdmin({ pools: [], enabled: false });
  expect(off.path).toBeUndefined();
  expect(readdirSync(directory)).toEqual([]);
});
