import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Tx } from '../test/layer.ts';
import { LAYERS } from '../test/layers/index.ts';
import { rejectionOf, useDatabase } from '../test/rig.ts';

const database = useDatabase();
const keep = (tx: Tx, name: string) => tx.run(`insert into kept (name) values ('${name}')`);

describe.each(LAYERS)('a managed transaction inside another one, of $name,', (layer) => {
  it('is a savepoint, whether it is begun with the transaction or with the instance', async () => {
    const { orm, pool } = await database.open(layer);
    await orm.managed({}, async (tx) => {
      await keep(tx, 'outer');
      await tx.managed({}, (inner) => keep(inner, 'by tx'));
      await orm.managed({}, (inner) => keep(inner, 'by instance'));
      expect(pool.snapshot().used).toBe(1);
      expect(await database.kept()).toEqual([]);
    });
    expect(await database.kept()).toEqual(['outer', 'by tx', 'by instance']);
  });

  it('rolls back to its beginning when it fails, and the transaction goes on', async () => {
    const { orm } = await database.open(layer);
    await orm.managed({}, async (tx) => {
      await keep(tx, 'a');
      const failing = tx.managed({}, async (inner) => {
        await keep(inner, 'b');
        await keep(inner, 'a');
      });
      await rejectionOf(failing);
      const mine = new Error('mine');
      expect(await rejectionOf(tx.managed({}, () => Promise.reject(mine)))).toBe(mine);
      await keep(tx, 'c');
    });
    expect(await database.kept()).toEqual(['a', 'c']);
  });

  it('can have further ones inside', async () => {
    const { orm } = await database.open(layer);
    await orm.managed({}, async (tx) => {
      await tx.managed({}, async (inner) => {
        await keep(inner, 'a');
        await rejectionOf(
          inner.managed({}, async (deep) => {
            await keep(deep, 'b');
            throw new Error('mine');
          }),
        );
        await inner.managed({}, (deep) => keep(deep, 'c'));
      });
    });
    expect(await database.kept()).toEqual(['a', 'c']);
  });

  it('ends at its own limit: its query is cancelled, and the transaction goes on', async () => {
    const { orm, backends } = await database.open(layer);
    await orm.managed({ timeoutMs: 20_000 }, async (tx) => {
      await keep(tx, 'a');
      const startedAt = performance.now();
      const failing = tx.managed({ timeoutMs: 200, name: 'inner' }, async (inner) => {
        await keep(inner, 'b');
        await inner.run('select pg_sleep(30)::text');
      });
      expect(await rejectionOf(failing)).toMatchObject({ code: 'LG_SESSION_TIMEOUT', sessionName: 'inner' });
      expect(performance.now() - startedAt).toBeLessThan(5_000);
      await keep(tx, 'c');
      expect((await backends()).length).toBe(1);
    });
    expect(await database.kept()).toEqual(['a', 'c']);
  });

  it('whose callback goes on after that cannot write into the transaction around it', async () => {
    const { orm } = await database.open(layer);
    const late = Promise.withResolvers<Error>();
    await orm.managed({ timeoutMs: 20_000 }, async (tx) => {
      await rejectionOf(
        tx.managed({ timeoutMs: 50 }, async (inner) => {
          await sleep(120);
          late.resolve(await rejectionOf(keep(inner, 'late')));
        }),
      );
      await late.promise;
      await keep(tx, 'in time');
    });
    expect(await database.kept()).toEqual(['in time']);
  });

  it('cannot write into it by what it did not await either', async () => {
    const { orm } = await database.open(layer);
    await orm.managed({}, async (tx) => {
      const late = Promise.withResolvers<Error>();
      await tx.managed({}, (inner) => {
        void sleep(50).then(async () => late.resolve(await rejectionOf(keep(inner, 'late'))));
      });
      await late.promise;
    });
    expect(await database.kept()).toEqual([]);
  });

  it('takes its turn where several are begun at once', async () => {
    const { orm } = await database.open(layer);
    await orm.managed({}, async (tx) => {
      const inner = (name: string, fails: boolean) =>
        tx.managed({}, async (block) => {
          await keep(block, name);
          await sleep(10);
          if (fails) throw new Error(name);
        });
      const ends = await Promise.allSettled([inner('a', false), inner('b', true), inner('c', false)]);
      expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    });
    expect(await database.kept()).toEqual(['a', 'c']);
  });

  it('is waited for by the commit, also when nobody awaits it', async () => {
    const { orm } = await database.open(layer);
    await orm.managed({}, (tx) => {
      void tx.managed({}, async (inner) => {
        await sleep(50);
        await keep(inner, 'a');
      });
    });
    expect(await database.kept()).toEqual(['a']);
  });

  it('ends with the one around it', async () => {
    const { orm } = await database.open(layer);
    const error = await rejectionOf(
      orm.managed({ timeoutMs: 200, name: 'outer' }, (tx) =>
        tx.managed({ timeoutMs: 20_000 }, (inner) => inner.run('select pg_sleep(30)::text')),
      ),
    );
    expect(error).toMatchObject({ code: 'LG_SESSION_TIMEOUT', sessionName: 'outer' });
  });

  it('that caught the error of a statement is rolled back, and says so', async () => {
    const { orm } = await database.open(layer);
    await orm.managed({}, async (tx) => {
      await keep(tx, 'a');
      const failing = tx.managed({}, async (inner) => {
        await keep(inner, 'a').catch(() => undefined);
      });
      expect(await rejectionOf(failing)).toMatchObject({
        code: 'LG_COMMIT_ROLLED_BACK',
        cause: { code: '23505' },
      });
    });
    expect(await database.kept()).toEqual(['a']);
  });

  it('refuses a stronger isolation level than the transaction has, and to be read only where that is not', async () => {
    const { orm } = await database.open(layer);
    const unsupported = { code: 'LG_UNSUPPORTED' };
    await orm.managed({ isolationLevel: 'repeatable read' }, async (tx) => {
      expect(await rejectionOf(tx.managed({ isolationLevel: 'serializable' }, () => 1))).toMatchObject(
        unsupported,
      );
      expect(await rejectionOf(tx.managed({ accessMode: 'read only' }, () => 1))).toMatchObject(unsupported);
      expect(await tx.managed({ isolationLevel: 'repeatable read' }, () => 1)).toBe(1);
    });
  });

  it('works together with the savepoints of the ORM itself', async () => {
    const { orm } = await database.open(layer);
    await orm.managed({}, async (tx) => {
      await keep(tx, 'a');
      await rejectionOf(tx.plain((inner) => keep(inner, 'a')));
      await tx.plain(async (inner) => {
        await keep(inner, 'b');
        const failing = inner.managed({}, async (deep) => {
          await keep(deep, 'c');
          throw new Error('mine');
        });
        expect((await rejectionOf(failing)).message).toBe('mine');
      });
    });
    expect(await database.kept()).toEqual(['a', 'b']);
  });

  it('belongs to the try that it was begun in', async () => {
    const { orm } = await database.open(layer, { max: 3 });
    const late = Promise.withResolvers<unknown>();
    let tries = 0;
    await orm.managed({ retry: { limit: 1, baseMs: 1 } }, async (tx) => {
      tries += 1;
      if (tries === 2) return late.promise;
      void sleep(30).then(() => late.resolve(rejectionOf(tx.managed({}, (inner) => keep(inner, 'stray')))));
      throw Object.assign(new Error('again'), { code: '40001' });
    });
    expect(await late.promise).toMatchObject({ code: 'LG_UNSUPPORTED' });
    expect(await database.kept()).toEqual([]);
  });
});

describe.each(LAYERS)('a managed transaction inside a plain one, of $name,', (layer) => {
  it('is refused with the handle of that, whose limits are not ours', async () => {
    const { orm } = await database.open(layer);
    await orm.plain(async (tx) => {
      expect(await rejectionOf(tx.managed({}, () => 1))).toMatchObject({ code: 'LG_UNSUPPORTED' });
      await keep(tx, 'a');
    });
    expect(await database.kept()).toEqual(['a']);
  });
});

describe('managed transactions of two ORMs on one pool', () => {
  it('are two, each of its own kind', async () => {
    const [one, other] = LAYERS as unknown as [(typeof LAYERS)[0], (typeof LAYERS)[0]];
    const { orm, pool } = await database.open(one, { max: 2 });
    const second = await other.open(pool);
    await orm.managed({}, async (tx) => {
      await keep(tx, 'one');
      await second.managed({}, async (apart) => {
        await keep(apart, 'other');
        expect(pool.snapshot().used).toBe(2);
      });
      expect(await database.kept()).toEqual(['other']);
    });
    await second.close();
    expect(new Set(await database.kept())).toEqual(new Set(['one', 'other']));
  });
});
