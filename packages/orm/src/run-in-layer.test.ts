import { describe, expect, it } from 'vitest';
import { runInLayer } from './run-in-layer.ts';
import type { Passage } from './run-in-layer.ts';

const mine = new Error('mine');
const theirs = new Error('of the ORM');
const explained = new Error('explained');
const tx = {};
const run = <T>(begin: Passage<T>['begin'], work: () => Promise<T>, told: unknown[] = []): Promise<T> =>
  runInLayer({
    begin,
    work,
    explain: (error) => (error === theirs ? explained : error),
    failed: (error) => told.push(error),
  });

describe('a block that runs in a transaction of an ORM', () => {
  it('gives its own result, whatever the ORM resolves to, and whenever', async () => {
    const slow = Promise.withResolvers<string>();
    const early = run<string>(
      (block) => {
        void block(tx);
        return Promise.resolve('not this');
      },
      () => slow.promise,
    );
    slow.resolve('result');
    expect(await early).toBe('result');
  });

  it('gives its own error, also where the ORM has another one, or none', async () => {
    const fails = () => Promise.reject(mine);
    const loses = run(async (block) => {
      await block(tx).catch(() => undefined);
      throw theirs;
    }, fails);
    await expect(loses).rejects.toBe(mine);
    await expect(run((block) => block(tx).catch(() => undefined), fails)).rejects.toBe(mine);
  });

  it('fails with what is made of the ORM’s error, when it has not failed itself', async () => {
    const told: unknown[] = [];
    const failing = run(
      async (block) => {
        await block(tx);
        throw theirs;
      },
      () => Promise.resolve(1),
      told,
    );
    await expect(failing).rejects.toBe(explained);
    expect(told).toEqual([explained]);
  });

  it('tells of its error before the ORM rolls back', async () => {
    const told: unknown[] = [];
    const rollback = Promise.withResolvers<void>();
    const failing = run(
      async (block) => {
        await block(tx).catch(() => rollback.promise);
      },
      () => Promise.reject(mine),
      told,
    );
    await Promise.resolve().then(() => undefined);
    expect(told).toEqual([mine]);
    rollback.resolve();
    await expect(failing).rejects.toBe(mine);
  });

  it('is missed when the ORM has not run it', async () => {
    await expect(
      run(
        () => Promise.resolve(),
        () => Promise.resolve(1),
      ),
    ).rejects.toMatchObject({ code: 'LG_BUG' });
  });
});
