import { InvalidOptionError } from '@lifeguard/core';
import { makeManagedTransaction } from '@lifeguard/orm';
import type { LifeguardPool } from '@lifeguard/pg';
import type { LifeguardExtension, TransactionCallback } from './extension-types.ts';
import type { ManagedTransactionOptions } from './managed-options.ts';
import { runTagged } from './tagged-operation.ts';
import { ignoreOwnFrames } from './own-frames.ts';
import { prismaLayer } from './prisma-layer.ts';
import type { OperationCall, PrismaClientShape } from './prisma-shapes.ts';

ignoreOwnFrames();

/** How the extension is made. */
export interface LifeguardExtensionOptions {
  /** The pool that the client's adapter was made with. */
  readonly pool: LifeguardPool;
}

interface ExtendableClient {
  $extends(extension: object): never;
}

/**
 * Extends a client of Prisma by `$managedTransaction`, labels what it borrows with model and operation (`User.findMany`), and turns
 * Prisma's errors back into ours where ours were the cause (`cause` is then Prisma's). Throws `LG_INVALID_OPTION`.
 *
 * @example
 * const pool = new LifeguardPool({ connectionString: process.env.DATABASE_URL });
 * const prisma = new PrismaClient({ adapter: new PrismaPg(pool) }).$extends(lifeguardExtension({ pool }));
 */
export function lifeguardExtension(options: LifeguardExtensionOptions): LifeguardExtension {
  const { pool } = options;
  if (typeof (pool as Partial<LifeguardPool> | undefined)?.cancelQuery !== 'function')
    throw new InvalidOptionError('pool', 'the LifeguardPool that the adapter was made with', pool);
  const runManaged = makeManagedTransaction(prismaLayer(pool));
  return (client) =>
    (client as ExtendableClient).$extends({
      name: 'lifeguard',
      client: {
        $managedTransaction<T>(
          this: PrismaClientShape,
          optionsOrFn: ManagedTransactionOptions | TransactionCallback<PrismaClientShape, T>,
          fn?: TransactionCallback<PrismaClientShape, T>,
        ): Promise<T> {
          return runManaged(this, optionsOrFn, fn);
        },
      },
      query: { $allOperations: (call: OperationCall) => runTagged(call) },
    });
}
