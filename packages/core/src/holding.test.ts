import { afterEach, describe, expect, it } from 'vitest';
import { noOrigin } from '../test/origin.ts';
import { leasesHeldUp, readAwaitChain } from './await-chain.ts';
import { contextStorage, setContextStorage } from './context-storage.ts';
import { enterHolding, runningHolding, whileHolding } from './holding.ts';
import { LeaseRecord } from './lease-record.ts';
import { Session, currentSession } from './session.ts';
import { ManualClock } from './testing/index.ts';

const clock = new ManualClock();
let lastId = 0;
const makeRecord = (): LeaseRecord =>
  new LeaseRecord((lastId += 1), clock, { revoke: () => false }, noOrigin());

/** The leases that this code holds up, as its own async stack proves, once whoever has called it has awaited it. */
async function heldUpHere(): Promise<LeaseRecord[]> {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  return leasesHeldUp(contextStorage().getStore()?.holding, readAwaitChain());
}

const heldHere = (): LeaseRecord[] => {
  const held: LeaseRecord[] = [];
  let holding = runningHolding(contextStorage().getStore()?.holding);
  for (; holding !== undefined; holding = runningHolding(holding.outer)) held.push(holding.record);
  return held;
};

describe('a block that holds a lease', () => {
  it('is known to all that it runs, inside of those around it, and not after it', async () => {
    const [outer, inner] = [makeRecord(), makeRecord()];
    const seen = await whileHolding(outer, async () => {
      const inside = await whileHolding(inner, async () => {
        await Promise.resolve();
        return heldHere();
      });
      return [inside, heldHere()];
    });
    expect(seen).toEqual([[inner, outer], [outer]]);
    expect(heldHere()).toEqual([]);
  });

  it('leaves the session around as it is, and a session inside leaves the block', async () => {
    const record = makeRecord();
    const [outer, inner] = [new Session({ clock }, undefined), new Session({ clock }, undefined)];
    await outer.run(() =>
      whileHolding(record, () => {
        expect(currentSession()).toBe(outer);
        inner.run(() => expect([currentSession(), heldHere()]).toEqual([inner, [record]]));
      }),
    );
    outer.end();
    inner.end();
  });

  it('is forgotten by what outlives it, so that a chain cannot grow for ever', async () => {
    const later = Promise.withResolvers<void>();
    let child: Promise<LeaseRecord[]> | undefined;
    await whileHolding(makeRecord(), () => {
      child = (async () => {
        await later.promise;
        return whileHolding(makeRecord(), () => heldHere());
      })();
    });
    later.resolve();
    expect(await child).toHaveLength(1);
  });

  it('gives what its function gives, and fails as it fails', async () => {
    expect(await whileHolding(makeRecord(), () => 7)).toBe(7);
    await expect(whileHolding(makeRecord(), () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  });
});

describe('the async stack proves that a block awaits', () => {
  const record = makeRecord();
  const helper = async (ask: () => Promise<LeaseRecord[]>): Promise<LeaseRecord[]> => {
    const held = await ask();
    return held;
  };
  const forever = new Promise<never>(() => undefined);
  const inBlock = (fn: (ask: () => Promise<LeaseRecord[]>) => Promise<unknown>): Promise<unknown> =>
    whileHolding(record, () => fn(heldUpHere));

  it.each<[string, (ask: () => Promise<LeaseRecord[]>) => Promise<unknown>]>([
    [
      'a call',
      async (ask) => {
        const held = await ask();
        return held;
      },
    ],
    ['a call whose promise it returns', (ask) => ask()],
    ['a helper', (ask) => helper(ask)],
    ['one of several', async (ask) => (await Promise.all([ask(), helper(ask)]))[1]],
    ['the first of several', (ask) => Promise.race([ask(), forever])],
    ['a chain of then', (ask) => ask().then((held) => held)],
    ['a call with finally', (ask) => ask().finally(() => undefined)],
  ])('%s', async (_, fn) => {
    expect(await inBlock(fn)).toEqual([record]);
  });

  it('and that it does not await what it only started', async () => {
    let child: Promise<LeaseRecord[]> | undefined;
    await inBlock(async (ask) => {
      child = ask();
      await Promise.resolve();
    });
    // The block may be over by then, or may not: nothing is held up either way.
    expect(await child).toEqual([]);
  });

  it('as far out as blocks await each other, and no further', async () => {
    const [outer, inner] = [makeRecord(), makeRecord()];
    const both = await whileHolding(outer, () => whileHolding(inner, heldUpHere));
    expect(both).toEqual([inner, outer]);
    let child: Promise<LeaseRecord[]> | undefined;
    await whileHolding(outer, async () => {
      child = whileHolding(inner, heldUpHere);
      await Promise.resolve();
    });
    expect(await child).toEqual([inner]);
  });
});

describe('a block that somebody else runs', () => {
  const original = contextStorage();
  afterEach(() => void setContextStorage(original));
  const mark = { block: /\bsomebodyElse\b/, acquire: /\bacquireElsewhere\b/ };

  /** As Kysely does it: the lease is taken, a hook is called, and the callback runs. */
  async function somebodyElse<T>(record: LeaseRecord, callback: () => Promise<T>): Promise<T> {
    await Promise.resolve();
    enterHolding(record, mark);
    await Promise.resolve();
    const result = await callback();
    return result;
  }

  it('holds its lease in the callback, and not in the code that called it', async () => {
    const record = makeRecord();
    expect(await somebodyElse(record, async () => heldHere())).toEqual([record]);
    expect(heldHere()).toEqual([]);
    expect(await somebodyElse(record, heldUpHere)).toEqual([record]);
  });

  it('ends with its lease', async () => {
    const record = makeRecord();
    const held = await somebodyElse(record, async () => {
      record.finish({ kind: 'released' });
      return heldHere();
    });
    expect(held).toEqual([]);
  });

  it('is not taken for the acquire that waits in one of its own', async () => {
    const record = makeRecord();
    const acquireElsewhere = async (): Promise<LeaseRecord[]> => {
      const held = await heldUpHere();
      return held;
    };
    let child: Promise<LeaseRecord[]> | undefined;
    await somebodyElse(record, async () => {
      // Started and not awaited; it waits inside a block of the same name, for the lease of that block.
      child = (async function somebodyElse() {
        const held = await acquireElsewhere();
        return held;
      })();
      await Promise.resolve();
    });
    expect(await child).toEqual([]);
  });

  it('goes unseen where the context library cannot be entered', async () => {
    setContextStorage({ getStore: () => undefined, run: (_, fn) => fn() });
    const held = await somebodyElse(makeRecord(), async () => heldHere());
    expect(held).toEqual([]);
  });
});
