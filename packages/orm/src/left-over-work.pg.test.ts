// Blocks that fail while something inside of them still runs, goes on, or comes late: none of it is kept, nor told as kept.

import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Tx } from '../test/layer.ts';
import { LAYERS } from '../test/layers/index.ts';
import { rejectionOf, useDatabase } from '../test/rig.ts';

const database = useDatabase();
const keep = (tx: Tx, name: string): Promise<unknown> => tx.run(`insert into kept (name) values ('${name}')`);
const failingAfter = async (ms: number): Promise<never> => {
  await sleep(ms);
  throw new Error('mine');
};

describe.each(LAYERS)('$name', (layer) => {
  test.each(['managed', 'plain'] as const)(
    'a %s block inside writes nothing after the rollback',
    async (kind) => {
      const { orm } = await database.open(layer);
      let writes = 0;
      const writing = async (inner: Tx): Promise<never> => {
        for (;;) await keep(inner, `stray ${(writes += 1)}`);
      };
      const failure = await rejectionOf(
        orm.managed({ timeoutMs: 10_000 }, async (tx) => {
          await keep(tx, 'outer');
          const inner = kind === 'managed' ? tx.managed({}, writing) : tx.plain(writing);
          await Promise.all([inner.catch(() => undefined), failingAfter(40)]);
        }),
      );
      expect(failure.message).toBe('mine');
      await sleep(50);
      expect(await database.kept()).toEqual([]);
    },
  );

  test('what a block sends that is two levels inside of one that fails is undone with it', async () => {
    const { orm } = await database.open(layer);
    await orm.managed({ timeoutMs: 10_000 }, async (tx) => {
      await keep(tx, 'outer');
      const failing = tx.managed({}, async (middle) => {
        const inner = middle.managed({}, async (innermost) => {
          await keep(innermost, 'inner');
          await sleep(100);
          await keep(innermost, 'stray');
        });
        await Promise.all([inner.catch(() => undefined), failingAfter(40)]);
      });
      expect((await rejectionOf(failing)).message).toBe('mine');
      await keep(tx, 'after');
      await sleep(150);
    });
    expect(await database.kept()).toEqual(['outer', 'after']);
  });

  test.each([
    ['managed', 'waits'],
    ['managed', 'runs a query'],
    ['plain', 'waits'],
    ['plain', 'runs a query'],
  ] as const)('a limit passes while a %s block inside %s: the rest is committed', async (kind, what) => {
    const { orm } = await database.open(layer);
    await orm.managed({ timeoutMs: 10_000 }, async (tx) => {
      await keep(tx, 'outer');
      const inside = async (inner: Tx): Promise<void> => {
        await keep(inner, 'inner');
        await (what === 'waits' ? sleep(300) : inner.run('select pg_sleep(30)::text'));
      };
      const late = tx.managed({ timeoutMs: 150 }, (middle) =>
        kind === 'managed' ? middle.managed({}, inside) : middle.plain(inside),
      );
      expect(await rejectionOf(late)).toMatchObject({ code: 'LG_SESSION_TIMEOUT' });
      await sleep(30);
      await keep(tx, 'after');
      await sleep(300);
    });
    expect(await database.kept()).toEqual(['outer', 'after']);
  });

  test('what is left of a nested block that failed begins no block in the one around', async () => {
    const { orm } = await database.open(layer);
    const late = Promise.withResolvers<unknown>();
    await orm.managed({ timeoutMs: 10_000 }, async (tx) => {
      await keep(tx, 'outer');
      const failing = tx.managed({}, (middle) => {
        const stray = sleep(50).then(() => middle.managed({}, (inner) => keep(inner, 'stray')));
        stray.then(late.resolve, late.resolve);
        return failingAfter(0);
      });
      await rejectionOf(failing);
      expect(await late.promise).toMatchObject({ code: 'LG_LEASE_RELEASED' });
    });
    expect(await database.kept()).toEqual(['outer']);
  });

  test('in a transaction that has failed no block is begun, and nothing of it is kept', async () => {
    const { orm } = await database.open(layer);
    let hasRun = false;
    const failure = await rejectionOf(
      orm.managed({ timeoutMs: 10_000 }, async (tx) => {
        await keep(tx, 'outer');
        await rejectionOf(keep(tx, 'outer'));
        for (const name of ['x', 'y', 'z'])
          await rejectionOf(
            tx.managed({}, (inner) => {
              hasRun = true;
              return keep(inner, name);
            }),
          );
        await keep(tx, 'direct').catch(() => undefined);
      }),
    );
    expect(failure).toMatchObject({ code: 'LG_COMMIT_ROLLED_BACK' });
    expect(hasRun).toBe(false);
    expect(await database.kept()).toEqual([]);
  });

  test('a BEGIN that the server refuses leaves no connection behind', async () => {
    const { orm, pool } = await database.open(layer, { max: 1 });
    await orm.managed({}, (tx) => tx.run('select 1'));
    pool.once('acquire', (client) => {
      const own = client.query as (...args: unknown[]) => unknown;
      const refused = (query: unknown, ...rest: unknown[]): unknown => {
        Reflect.set(client, 'query', own);
        const text = 'begin in no way';
        return own.call(client, typeof query === 'string' ? text : { ...(query as object), text }, ...rest);
      };
      Reflect.set(client, 'query', refused);
    });
    expect(await rejectionOf(orm.managed({ timeoutMs: 5_000 }, () => 1))).toBeInstanceOf(Error);
    await expect.poll(() => pool.snapshot().used).toBe(0);
    await orm.managed({}, (tx) => tx.run('select 1'));
  });
});
