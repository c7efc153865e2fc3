import process from 'node:process';
import { seededRandom } from '@lifeguard/core/adapter';
import type { Random } from '@lifeguard/core';
import { describe, expect, it } from 'vitest';
import type { OpenLayer, Tx } from '../test/layer.ts';
import { LAYERS } from '../test/layers/index.ts';
import { useDatabase } from '../test/rig.ts';

const database = useDatabase();
const RUNS = 25;
const KINDS = ['managed by the instance', 'managed by the transaction', 'of the ORM'] as const;

/** What becomes of a block when its children have ended; `spoilt`: it catches the error of a statement. */
const ENDS = ['kept', 'kept', 'kept', 'thrown', 'spoilt'] as const;

/** One block: how it is begun, whether its children run side by side, and how it ends. It catches what they reject with. */
interface Block {
  readonly name: string;
  readonly kind: (typeof KINDS)[number];
  readonly end: (typeof ENDS)[number];
  readonly atOnce: boolean;
  readonly children: readonly Block[];
}

describe.each(LAYERS)('managed transactions of $name', (layer) => {
  it('keep exactly the blocks that succeeded, however they nest', async () => {
    const seed = Number(process.env['LG_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
    const random = seededRandom(seed);
    const { orm, pool } = await database.open(layer, { max: 1 });
    for (let run = 0; run < RUNS; run += 1) {
      let count = 0;
      const root = randomBlock(random, 3, () => `b${(count += 1)}`);
      const place = `LG_SEED=${seed}, run ${run}: ${JSON.stringify(root)}`;
      await database.sql('truncate kept');
      const [outcome] = await Promise.allSettled([
        orm.managed({ timeoutMs: 10_000 }, (tx) => runInside(orm, tx, root)),
      ]);
      expect(outcome?.status, place).toBe(root.end === 'kept' ? 'fulfilled' : 'rejected');
      expect(new Set(await database.kept()), place).toEqual(new Set(keptOf(root)));
      expect(pool.snapshot().used, place).toBe(0);
    }
  });
});

function randomBlock(random: Random, depth: number, nextName: () => string): Block {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random.next() * from.length)] as T;
  const name = nextName();
  const children = Array.from({ length: depth === 0 ? 0 : Math.floor(random.next() * 4) }, () =>
    randomBlock(random, depth - 1, nextName),
  );
  // Savepoints of the ORM itself do not wait for each other.
  const atOnce = children.every(({ kind }) => kind !== 'of the ORM') && random.next() < 0.5;
  const kind = pick(KINDS);
  // The ORM itself does not notice.
  const end = kind === 'of the ORM' ? pick(['kept', 'thrown'] as const) : pick(ENDS);
  return { name, kind, end, atOnce, children };
}

async function runInside(orm: OpenLayer, tx: Tx, { name, end, atOnce, children }: Block): Promise<void> {
  await tx.run(`insert into kept (name) values ('${name}')`);
  const begin = (child: Block): Promise<void> => {
    const work = (inner: Tx): Promise<void> => runInside(orm, inner, child);
    if (child.kind === 'of the ORM') return tx.plain(work);
    return (child.kind === 'managed by the instance' ? orm : tx).managed({}, work);
  };
  if (atOnce) await Promise.allSettled(children.map(begin));
  else for (const child of children) await Promise.allSettled([begin(child)]);
  if (end === 'thrown') throw new Error('planned');
  if (end === 'spoilt') await tx.run('select 1 / 0').catch(() => undefined);
}

function keptOf({ name, end, children }: Block): string[] {
  return end === 'kept' ? [name, ...children.flatMap(keptOf)] : [];
}
