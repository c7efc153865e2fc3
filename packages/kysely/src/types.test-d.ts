import { expectTypeOf } from 'vitest';
import type { ControlledTransaction, Generated, Kysely, Transaction } from 'kysely';
import type { Session } from '@lifeguard/core';
import { LifeguardDialect, lifeguard, managedSession, managedTransaction, openSession } from './index.ts';
import type { AttachedLifeguard } from './index.ts';

interface Database {
  person: { id: Generated<number>; name: string };
}
interface Other {
  pet: { id: number };
}

declare const db: Kysely<Database>;
declare const trx: Transaction<Database>;
declare const controlled: ControlledTransaction<Database, ['one']>;

// The callback gets a transaction of the instance's own tables, and its result is the result.
expectTypeOf(
  managedTransaction(db, async (inner, session) => {
    expectTypeOf(inner).toEqualTypeOf<Transaction<Database>>();
    expectTypeOf(session).toEqualTypeOf<Session>();
    return inner.selectFrom('person').select('id').executeTakeFirstOrThrow();
  }),
).resolves.toEqualTypeOf<{ id: number }>();

// Also from a transaction, of whichever kind, and with options; a callback may be synchronous.
void managedTransaction(trx, (inner) => {
  expectTypeOf(inner).toEqualTypeOf<Transaction<Database>>();
});
expectTypeOf(
  managedTransaction(controlled, { timeoutMs: 1 }, (inner) => {
    expectTypeOf(inner).toEqualTypeOf<Transaction<Database>>();
    return 1;
  }),
).resolves.toEqualTypeOf<number>();

// @ts-expect-error: no such table
void managedTransaction(db, (inner) => inner.selectFrom('pet').selectAll().execute());

// @ts-expect-error: no such isolation level
void managedTransaction(db, { isolationLevel: 'chaos' }, () => 1);

// @ts-expect-error: no such policy
void managedTransaction(db, { strayQueries: 'ignore' }, () => 1);
void managedTransaction(db, { strayQueries: 'join' }, () => 1);

// @ts-expect-error: another database
expectTypeOf(managedTransaction<Other, number>).toBeCallableWith(db, () => 1);

expectTypeOf(
  managedSession(db, { pinned: true }, (bound) => {
    expectTypeOf(bound).toEqualTypeOf<Kysely<Database>>();
    return 'x';
  }),
).resolves.toEqualTypeOf<string>();

void openSession(db).then(async (session) => {
  expectTypeOf(session.db).toEqualTypeOf<Kysely<Database>>();
  expectTypeOf(
    session.transaction((inner) => (expectTypeOf(inner).toEqualTypeOf<Transaction<Database>>(), 1)),
  ).resolves.toBeNumber();
  expectTypeOf(session.signal).toEqualTypeOf<AbortSignal>();
  await session[Symbol.asyncDispose]();
});

expectTypeOf(lifeguard(db)).toEqualTypeOf<AttachedLifeguard>();

// @ts-expect-error: either a pool or where to connect to
void new LifeguardDialect({ pool: { connect: () => undefined } });
void new LifeguardDialect({ connectionString: 'postgres://localhost/app', size: 5, leakThresholdMs: 1_000 });
