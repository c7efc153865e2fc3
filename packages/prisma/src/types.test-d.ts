import { PrismaPg } from '@prisma/adapter-pg';
import type { Session } from '@lifeguard/core';
import type { LifeguardPool } from '@lifeguard/pg';
import { expectTypeOf } from 'vitest';
import { PrismaClient } from '../test/.generated/client.ts';
import { lifeguardAdapter, lifeguardExtension } from './index.ts';
import type { TransactionClient } from './index.ts';

declare const pool: LifeguardPool;

// Both ways to an adapter are taken by the generated client.
void new PrismaClient({ adapter: new PrismaPg(pool) });
const base = new PrismaClient({ adapter: lifeguardAdapter(pool, { schema: 'public' }) });
const prisma = base.$extends(lifeguardExtension({ pool }));

/** As applications write them. */
declare function helper(tx: TransactionClient<typeof prisma>): Promise<number>;

// The callback gets the client of this schema, and its result is the result.
expectTypeOf(
  prisma.$managedTransaction({ timeoutMs: 100, isolationLevel: 'Serializable' }, async (tx, session) => {
    expectTypeOf(session).toEqualTypeOf<Session>();
    const made = await tx.user.create({ data: { email: 'a' }, include: { orders: true } });
    expectTypeOf(made.orders).toEqualTypeOf<{ id: number; total: number; userId: number }[]>();
    await helper(tx);
    return tx.user.findUniqueOrThrow({ where: { id: made.id } });
  }),
).resolves.toEqualTypeOf<{ id: number; email: string }>();

// Without options, synchronous, nested.
expectTypeOf(prisma.$managedTransaction(() => 1)).resolves.toBeNumber();
expectTypeOf(
  prisma.$managedTransaction((tx) => tx.$managedTransaction((inner) => inner.order.count())),
).resolves.toBeNumber();

// What Prisma does not give to a transaction is not there.
void prisma.$managedTransaction((tx) => {
  expectTypeOf(tx).not.toHaveProperty('$extends');
  expectTypeOf(tx).not.toHaveProperty('$disconnect');
});

// @ts-expect-error: no such column
void prisma.$managedTransaction((tx) => tx.user.create({ data: { mail: 'a' } }));

// @ts-expect-error: Prisma calls it 'Serializable'
void prisma.$managedTransaction({ isolationLevel: 'serializable' }, () => 1);

// @ts-expect-error: the pool is needed
lifeguardExtension({});

// What other extensions add is there as well, in transactions too.
const more = prisma.$extends({ client: { $twice: (n: number) => n * 2 } });
void more.$managedTransaction((tx) => {
  expectTypeOf(tx.$twice(1)).toBeNumber();
});
