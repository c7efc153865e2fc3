import { describe, expect, it } from 'vitest';
import type { Tx } from '../test/layer.ts';
import { LAYERS } from '../test/layers/index.ts';
import { rejectionOf, useDatabase } from '../test/rig.ts';

const database = useDatabase();
const keep = (tx: Tx, name: string) => tx.run(`insert into kept (name) values ('${name}')`);
const raise = (tx: Tx, state: string) =>
  tx.run(`do $$ begin raise exception 'again' using errcode = '${state}'; end $$`);

describe.each(LAYERS)('a managed transaction of $name that may try again', (layer) => {
  it.each(['40001', '40P01'])('does so after %s, and leaves nothing of the try before', async (state) => {
    const { orm } = await database.open(layer);
    let tries = 0;
    await orm.managed({ retry: { limit: 3, baseMs: 1 } }, async (tx) => {
      tries += 1;
      await keep(tx, `try ${tries}`);
      if (tries < 3) await raise(tx, state);
    });
    expect(tries).toBe(3);
    expect(await database.kept()).toEqual(['try 3']);
  });

  it('does so after two of them have met in their rows, each try in a session of its own', async () => {
    const { orm } = await database.open(layer);
    const options = { isolationLevel: 'serializable', retry: { limit: 9, baseMs: 5 } } as const;
    const both = Promise.withResolvers<void>();
    const sessions = new Set<unknown>();
    let reads = 0;
    const add = (name: string) =>
      orm.managed(options, async (tx, session) => {
        sessions.add(session);
        const [row] = await tx.run('select count(*)::int as count from kept');
        reads += 1;
        if (reads === 2) both.resolve();
        await both.promise;
        await keep(tx, `${name}, after ${String(row?.['count'])}`);
      });
    await Promise.all([add('a'), add('b')]);
    const kept = (await database.kept()).map((name) => String(name).replace(/^./, 'x'));
    expect(kept).toEqual(['x, after 0', 'x, after 1']);
    expect(sessions.size).toBeGreaterThan(2);
  });

  it('does so when the failure was caught and the commit could not be', async () => {
    const { orm } = await database.open(layer);
    let tries = 0;
    await orm.managed({ retry: { limit: 1, baseMs: 1 } }, async (tx) => {
      tries += 1;
      if (tries === 1) await raise(tx, '40001').catch(() => undefined);
    });
    expect(tries).toBe(2);
  });

  it('gives up after its limit, with the last error; and does not for other errors, nor past its deadline', async () => {
    const { orm } = await database.open(layer);
    let tries = 0;
    const failing = (options: object, state: string) =>
      rejectionOf(
        orm.managed(options, async (tx) => {
          tries += 1;
          await raise(tx, state);
        }),
      );
    await failing({ retry: { limit: 2, baseMs: 1 } }, '40001');
    expect(tries).toBe(3);
    await failing({}, '40001');
    await failing({ retry: { limit: 3 } }, '23505');
    expect(tries).toBe(5);
    const late = await failing({ timeoutMs: 300, retry: { limit: 1, baseMs: 1e9, maxMs: 1e9 } }, '40001');
    expect(late).toMatchObject({ code: 'LG_SESSION_TIMEOUT' });
    expect(tries).toBe(6);
  });
});
