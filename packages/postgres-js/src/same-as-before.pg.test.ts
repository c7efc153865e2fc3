// What an application sees of postgres.js is the same with and without the watching.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { usePostgres } from '@lifeguard/testing/vitest';
import postgres from 'postgres';
import oldest from 'postgres-oldest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { QUIET, rejectionOf, stockSql, until } from '../test/watched-sql.ts';
import { watchSql, watcherOf } from './watch-sql.ts';

const db = usePostgres();
const directory = mkdtempSync(join(tmpdir(), 'lg-postgres-js-'));
const file = join(directory, 'query.sql');
afterAll(() => rmSync(directory, { recursive: true, force: true }));

type Sql = postgres.Sql<{ point: [number, number] }>;

beforeAll(async () => {
  writeFileSync(file, 'select 7 as seven');
  const sql = postgres(db.url, { max: 1 });
  await sql`create table things (id int primary key, name text, tags text[], data json)`;
  await sql.end();
});

/** What can be said of an error, without what differs between two runs. */
function told(error: Error): object {
  const { stack: _, ...rest } = Object.getOwnPropertyDescriptors(error);
  return {
    name: error.name,
    message: error.message,
    keys: Object.keys(rest),
    code: Reflect.get(error, 'code') as unknown,
  };
}

const FEATURES: Readonly<Record<string, (sql: Sql) => Promise<unknown>>> = {
  'rows, and what is said of them': async (sql) => {
    const rows = await sql`select ${1}::int as one, ${'x'} as x`;
    return [
      rows,
      rows.count,
      rows.command,
      rows.columns.map(({ name, type }) => [name, type]),
      Object.keys(rows.state),
    ];
  },
  'fragments, lists of them, helpers and identifiers': async (sql) => {
    const row = { id: 1, name: 'one', tags: ['a', 'b'], data: sql.json({ a: [1] }) };
    const inserted = await sql`insert into things ${sql(row)} returning *`;
    const where = sql`where id = ${1}`;
    const found =
      await sql`select ${sql('id', 'name')} from ${sql('things')} ${where} ${[sql`and`, sql`true`]}`;
    const updated = await sql`update things set ${sql({ name: 'two' }, 'name')} ${where} returning name`;
    const among =
      await sql`select id from things where id in ${sql([1, 2])} and tags = ${sql.array(['a', 'b'])}`;
    await sql`delete from things`;
    return [inserted, found, updated, among];
  },
  'unsafe, simple, several statements, and files': async (sql) => [
    await sql.unsafe('select $1::int as a', [5]),
    await sql.unsafe('select 1 as a; select 2 as b'),
    await sql`select 3 as c`.simple(),
    await sql.file(file),
    told(await rejectionOf(sql.file(join(directory, 'none.sql')))),
  ],
  'values, raw, describe, forEach and execute': async (sql) => {
    const seen: unknown[] = [];
    const { columns, string } = await sql`select ${1}::int as n`.describe();
    await sql`select n from generate_series(1, 3) n`.forEach((row) => void seen.push(row));
    const started = sql`select 4 as four`.execute();
    return [
      await sql`select 1 as a, 'x' as b`.values(),
      (await sql`select 'raw' as a`.raw()).map(([value]) => String(value)),
      columns.map(({ name }) => name),
      string,
      seen,
      await started,
      await started,
    ];
  },
  'cursors, by callback and by loop, also left early': async (sql) => {
    const seen: unknown[] = [];
    const numbers = () => sql`select n from generate_series(1, 5) n`;
    await numbers().cursor(2, (rows) => void seen.push(rows.length));
    for await (const rows of numbers().cursor(2)) seen.push(rows);
    for await (const rows of numbers().cursor(2)) {
      seen.push(rows.length);
      break;
    }
    await numbers().cursor(1, () => sql.CLOSE as never);
    const failing = numbers().cursor(1, () => {
      throw new Error('of the reader');
    });
    return [seen, told(await rejectionOf(failing)), await sql`select 1 as after`];
  },
  'COPY, both ways': async (sql) => {
    const into = await sql`copy things (id) from stdin`.writable();
    const done = new Promise((resolve) => into.once('finish', resolve));
    into.end('8\n9\n');
    await done;
    const copied = await text(await sql`copy (select id from things order by id) to stdout`.readable());
    await sql`delete from things`;
    return copied;
  },
  'errors of the server and of the caller': async (sql) => [
    told(await rejectionOf(sql`select no_column`)),
    told(await rejectionOf(sql`select ${'x'}::int`)),
    told(await rejectionOf(sql`select ${undefined as never}`)),
    told(await rejectionOf(sql`begin`)),
    told(await rejectionOf((async () => sql({ a: 1 }) as unknown)())),
  ],
  'what is cancelled, while it runs and before': async (sql) => {
    const never = sql`select 1`;
    never.cancel();
    const refused = await rejectionOf(never);
    const running = sql`select pg_sleep(30), 'of this test'`.execute();
    const ended = rejectionOf(running);
    const isRunning = async () =>
      (
        await sql`select from pg_stat_activity where query like ${'%sleep(30)%test%'}
      and state = 'active' and pid <> pg_backend_pid()`
      ).count === 1;
    await until('it runs', isRunning);
    running.cancel();
    return [told(refused), told(await ended)];
  },
  'transactions: results, lists, savepoints, options': async (sql) => [
    await sql.begin((tx) => tx`select 1 as one`),
    await sql.begin((tx) => [tx`select 1 as a`, tx`select ${2}::int as b`]),
    await sql.begin('read only', async (tx) => (await tx`show transaction_read_only`)[0]),
    await sql.begin(async (tx) => {
      await tx`insert into things (id) values (1)`;
      const failed = await rejectionOf(
        tx.savepoint('inner', (inner) => inner`insert into things (id) values (1)`),
      );
      const nested = await tx.savepoint((inner) => inner.unsafe('select count(*)::int from things'));
      await tx`delete from things`;
      return [told(failed), nested, Object.keys(tx).sort()];
    }),
  ],
  'transactions that fail': async (sql) => {
    const mine = new Error('mine');
    const thrown = await rejectionOf(
      sql.begin(async (tx) => {
        await tx`insert into things (id) values (2)`;
        throw mine;
      }),
    );
    return [
      thrown === mine,
      told(await rejectionOf(sql.begin((tx) => tx`no sql`))),
      told(await rejectionOf(sql.begin(async (tx) => void (await rejectionOf(tx`no sql`))))),
      told(await rejectionOf(sql.begin('no option', () => 1))),
      told(await rejectionOf(sql.begin(undefined as never))),
      await sql`select count(*)::int from things`,
    ];
  },
  'reserved connections': async (sql) => {
    const reserved = await sql.reserve();
    const [one, two] = await Promise.all([reserved`select 1 as n`, reserved`select ${2}::int as n`]);
    const keys = Object.keys(reserved).sort();
    reserved.release();
    return [one, two, keys];
  },
  'listen and notify': async (sql) => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const { unlisten } = await sql.listen('news', resolve);
    await sql.notify('news', 'hello');
    const heard = await promise;
    await unlisten();
    return heard;
  },
  'large objects': async (sql) => {
    const object = await sql.largeObject();
    await object.write(Buffer.from('abc'));
    await object.seek(0);
    const size = await object.size();
    await object.close();
    return size;
  },
  'types and options of its own': async (sql) => {
    sql.options.parsers[1082] = (value: string) => `day ${value}`;
    const answer =
      await sql`select ${sql.typed.point([1, 2])} as point, '2020-01-02'::date as day, ${sql.typed(5, 23)} as n`;
    return [
      answer,
      Object.keys(sql).sort(),
      Object.keys(sql.options).sort(),
      typeof sql.parameters,
      sql.options.max,
    ];
  },
  'many at once, in their order': async (sql) =>
    Promise.all(Array.from({ length: 300 }, async (_, n) => (await sql`select ${n}::int as n`)[0])),
  'then, catch, finally and races': async (sql) => {
    const order: string[] = [];
    await sql`select 1`.finally(() => order.push('finally'));
    await sql`no sql`.catch(({ code }: { code: string }) => order.push(code));
    const [row] = await Promise.race([sql`select 1 as n`, sql`select 1 as n`]);
    return [order, row, sql`select 1` instanceof Promise];
  },
  'closing, ending, and what comes after': async (sql) => {
    const { close } = sql as unknown as { close: () => Promise<void> };
    await sql`select 1`;
    await close();
    const again = await sql`select 1 as again`;
    const slow = sql`select pg_sleep(0.05), 1 as slow`.execute();
    await sql`select 1`;
    const ends = [await sql.end(), await sql.end()];
    return [
      again,
      await slow,
      ends,
      told(await rejectionOf(sql`select 1`)),
      told(await rejectionOf(sql.reserve()).catch((e: Error) => e)),
    ];
  },
};

const options = {
  max: 3,
  types: {
    point: {
      to: 600,
      from: [600],
      serialize: ([x, y]: number[]) => `(${x},${y})`,
      parse: (value: string) => value,
    },
  },
};

describe.each([
  ['the oldest', oldest as unknown as typeof postgres],
  ['the newest', postgres],
])('of 3.4, %s', (_, make) => {
  test.each(Object.keys(FEATURES))('%s', async (feature) => {
    const run = FEATURES[feature] as (sql: Sql) => Promise<unknown>;
    const plain = await run(stockSql(db.url, options, make) as never);
    const sql = watchSql(stockSql(db.url, options, make), QUIET);
    const watched = watcherOf(sql);
    expect(await run(sql as never)).toEqual(plain);
    // And what was told of it adds up. A large object is closed before its transaction is.
    await until('all is given back', () => {
      const { used, pending } = watched?.glance() ?? {};
      return used === 0 && pending === 0;
    });
    const { acquired = 0, released } = watched?.snapshot().counters ?? {};
    expect(released).toBe(acquired);
    expect(acquired).toBeGreaterThan(0);
  });
});
