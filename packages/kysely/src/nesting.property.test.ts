import { setImmediate as turn } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import { expect, test } from 'vitest';
import { seededRandom } from '@lifeguard/core/adapter';
import type { Random } from '@lifeguard/core';
import { overSqlite } from '../test-support/managed.ts';
import type { Database } from '../test-support/managed.ts';
import { rethrow, written } from '../test-support/planned-block.ts';
import type { PlannedBlock } from '../test-support/planned-block.ts';
import { managedTransaction } from './managed-transaction.ts';

/** One managed block: what it writes before and after its children, and how it ends. */
interface Block extends PlannedBlock {
  readonly children: readonly Block[];
  /** Whether it is called with the transaction around it, or with the root instance. */
  readonly byRoot: boolean;
}

const RUNS = 150;

test('whatever nests in whatever, exactly the blocks that succeeded are kept', async () => {
  const seed = Number(process.env['LG_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  const random = seededRandom(seed);
  const { db, names, driver } = await overSqlite();
  for (let run = 0; run < RUNS; run += 1) {
    let count = 0;
    const root = randomBlock(random, 3, () => `b${run}-${(count += 1)}`);
    const outcome = await runBlock(db, db, root, random).then(
      () => 'kept',
      () => 'failed',
    );
    const expected = written(root);
    const found = (await names()).toSorted();
    const place = `LG_SEED=${seed}, run ${run}: ${JSON.stringify(root)}`;
    expect(outcome, place).toBe(expected === undefined ? 'failed' : 'kept');
    expect(found, place).toEqual((expected ?? []).toSorted());
    await db.deleteFrom('person').execute();
    expect(driver.acquired, place).toBe(driver.released);
  }
});

function randomBlock(random: Random, depth: number, nextName: () => string): Block {
  const name = nextName();
  const width = depth === 0 ? 0 : Math.floor(random.next() * 4);
  const children = Array.from({ length: width }, () => randomBlock(random, depth - 1, nextName));
  const chance = (share: number) => random.next() < share;
  return {
    name,
    children,
    parallel: chance(0.5),
    fails: chance(0.2),
    catches: chance(0.6),
    byRoot: chance(0.3),
  };
}

async function runBlock(
  db: Kysely<Database>,
  around: Kysely<Database>,
  block: Block,
  random: Random,
): Promise<void> {
  await managedTransaction(block.byRoot ? db : around, async (trx) => {
    const add = (suffix: string) =>
      trx
        .insertInto('person')
        .values({ name: `${block.name}${suffix}` })
        .execute();
    await add('<');
    const start = async (child: Block): Promise<void> => {
      if (random.next() < 0.5) await turn();
      await runBlock(db, trx, child, random);
    };
    if (block.parallel) {
      const ends = await Promise.allSettled(block.children.map(start));
      if (!block.catches && ends.some(({ status }) => status === 'rejected')) throw new Error('child');
    } else {
      for (const child of block.children) await start(child).catch((error: Error) => rethrow(block, error));
    }
    await add('>');
    if (block.fails) throw new Error(block.name);
  });
}
