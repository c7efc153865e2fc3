import { LifeguardError } from '@lifeguard/core';
import type { Session } from '@lifeguard/core';
import type { TransactionLayer } from '@lifeguard/orm';
import type { LifeguardPool } from '@lifeguard/pg';
import { checkNestedLevel } from './managed-options.ts';
import type { ManagedTransactionOptions } from './managed-options.ts';
import { causeInPrisma } from './own-error.ts';
import { isTransactionClient, transactionIdOf } from './prisma-shapes.ts';
import type { PrismaClientShape, PrismaTransactionOptions } from './prisma-shapes.ts';
import { isRetryableInPrisma } from './retryable.ts';

/** Our limit comes first; Prisma's are only there because it must have some. */
const LATER_MS = 1_000;
/** The longest that a timer of Node can be set to. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** What managed transactions are made of, for clients that borrow from this pool. */
export function prismaLayer(
  pool: LifeguardPool,
): TransactionLayer<PrismaClientShape, PrismaClientShape, ManagedTransactionOptions> {
  return {
    call: '$managedTransaction()',
    setUp: 'make the adapter with lifeguardAdapter(pool), and the extension with the same pool',
    // Clients that are extended further are other objects.
    rootOf: () => pool,
    poolOf: () => pool,
    transactionOf: (client) =>
      isTransactionClient(client) ? (transactionIdOf(client) ?? client) : undefined,
    transaction: (client, block, options, session) =>
      client.$transaction(block, prismasLimits(options, session)),
    savepoint(tx, block) {
      if (typeof (tx as Partial<PrismaClientShape>).$transaction !== 'function') throw withoutSavepoints();
      return tx.$transaction(block);
    },
    execute: (tx, sql) => tx.$executeRawUnsafe(sql),
    checkOptions({ isolationLevel }, outer) {
      if (outer !== undefined) checkNestedLevel(isolationLevel, outer.isolationLevel);
    },
    causeOf: causeInPrisma,
    isRetryable: isRetryableInPrisma,
  };
}

function prismasLimits(
  { isolationLevel }: ManagedTransactionOptions,
  session: Session,
): PrismaTransactionOptions {
  const limitMs = Math.min(Math.ceil(session.remainingMs) + LATER_MS, MAX_TIMER_MS);
  const limits = { maxWait: limitMs, timeout: limitMs };
  return isolationLevel === undefined ? limits : { ...limits, isolationLevel };
}

function withoutSavepoints(): LifeguardError {
  return new LifeguardError('LG_UNSUPPORTED', {
    summary: 'this version of Prisma has no savepoints, which nested managed transactions are made of',
    rows: [['fix', 'update @prisma/client, or do the work in one block']],
  });
}
