import { setImmediate as turn } from 'node:timers/promises';
import { Kysely } from 'kysely';
import type { Transaction } from 'kysely';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { seededRandom } from '@lifeguard/core/adapter';
import type { Random } from '@lifeguard/core';
import { rethrow, written } from '../test-support/planned-block.ts';
import type { PlannedBlock } from '../test-support/planned-block.ts';
import { add, createTables, ownRig, stockRig } from '../test-support/postgres.ts';
import type { Database } from '../test-support/postgres.ts';
import { guardDialect } from './guard-dialect.ts';
import { managedTransaction } from './managed-transaction.ts';

const KINDS = ['managed by the instance', 'managed by the transaction', 'transaction', 'controlled'] as const;

/** One block: how it is begun, what it writes before and after its children, and how it ends. */
interface Block extends PlannedBlock {
  /** A controlled transaction has no children: it does not tell where it is, so they would wait for its end. */
  readonly kind: (typeof KINDS)[number];
  readonly children: readonly Block[];
  /** Whether it writes with the instance, and not with its transaction. */
  readonly strays: boolean;
}

const RUNS = 30;

let database: Awaited<ReturnType<typeof createTables>>;
beforeAll(async () => {
  database = await createTables(inject('databaseUrl'));
});
afterAll(() => database.drop());

const makers = {
  LifeguardDialect: () => ownRig(database.url).dialect,
  'guardDialect(PostgresDialect)': () => guardDialect(stockRig(database.url).dialect),
};

test.each(Object.entries(makers))(
  '%s: whatever joins whatever, exactly the blocks that succeeded are kept',
  async (_name, makeDialect) => {
    const seed = Number(process.env['LG_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
    const random = seededRandom(seed);
    const db = new Kysely<Database>({ dialect: makeDialect() });
    for (let run = 0; run < RUNS; run += 1) {
      let count = 0;
      const root = randomBlock(random, 3, () => `b${(count += 1)}`);
      const place = `LG_SEED=${seed}, run ${run}: ${JSON.stringify(root)}`;
      await database.admin.query('truncate person');
      const outcome = await managedTransaction(db, { strayQueries: 'join', timeoutMs: 5_000 }, (trx) =>
        runInside(db, trx, root, random),
      ).then(
        () => 'kept',
        (error: Error) => error.message,
      );
      expect(outcome, place).toBe(written(root) === undefined ? 'planned' : 'kept');
      expect(await database.names(), place).toEqual((written(root) ?? []).toSorted());
    }
    await db.destroy();
  },
);

function randomBlock(random: Random, depth: number, nextName: () => string): Block {
  const kind = KINDS[Math.floor(random.next() * (depth === 3 ? 1 : KINDS.length))] as Block['kind'];
  const name = nextName();
  const width = depth === 0 || kind === 'controlled' ? 0 : Math.floor(random.next() * 4);
  const children = Array.from({ length: width }, () => randomBlock(random, depth - 1, nextName));
  const chance = (share: number): boolean => random.next() < share;
  const strays = chance(0.5) && kind !== 'controlled';
  return { name, kind, children, parallel: chance(0.5), fails: chance(0.2), catches: chance(0.6), strays };
}

async function runBlock(db: Kysely<Database>, around: Kysely<Database>, block: Block, random: Random) {
  const inside = (trx: Transaction<Database>) => runInside(db, trx, block, random);
  switch (block.kind) {
    case 'managed by the instance':
      return managedTransaction(db, inside);
    case 'managed by the transaction':
      return managedTransaction(around, inside);
    case 'transaction':
      return db.transaction().execute(inside);
    case 'controlled': {
      const trx = await db.startTransaction().execute();
      try {
        await inside(trx);
        await trx.commit().execute();
      } catch (error) {
        await trx.rollback().execute();
        throw error;
      }
      return undefined;
    }
    default:
      return block.kind satisfies never;
  }
}

async function runInside(db: Kysely<Database>, trx: Transaction<Database>, block: Block, random: Random) {
  const with_ = block.strays ? db : trx;
  await add(with_, `${block.name}<`);
  const start = async (child: Block): Promise<void> => {
    if (random.next() < 0.5) await turn();
    await runBlock(db, trx, child, random);
  };
  if (block.parallel) {
    const ends = await Promise.allSettled(block.children.map(start));
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed !== undefined && !block.catches) throw failed.reason;
  } else {
    for (const child of block.children) await start(child).catch((error: Error) => rethrow(block, error));
  }
  await add(with_, `${block.name}>`);
  if (block.fails) throw new Error('planned');
}
