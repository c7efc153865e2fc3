import type { ITXClientDenyList } from '@prisma/client/runtime/client';
import type { Session } from '@lifeguard/core';
import type { ManagedTransactionOptions } from './managed-options.ts';

/** The client inside a transaction: that of Prisma's own interactive transactions. */
export type TransactionClient<Client> = Omit<Client, ITXClientDenyList>;

/** What runs inside a managed transaction. */
export type TransactionCallback<Client, T> = (
  tx: TransactionClient<Client>,
  session: Session,
) => Promise<T> | T;

/**
 * Runs `fn` in a transaction with a deadline: commits when it resolves, rolls back when it rejects, and never leaves the connection
 * behind. What `fn` rejects with is what you get, whatever becomes of the rollback.
 *
 * At the deadline (`timeoutMs`) the running query is cancelled on the server, the connection is taken back, and the promise rejects
 * with `LG_SESSION_TIMEOUT`, whether or not `fn` ever returns. If the deadline passes while COMMIT is under way, its outcome is not
 * known.
 *
 * A call inside `fn`, with `tx` or with the same client, becomes a savepoint: its failure rolls back to there, and the transaction
 * goes on if you catch it. It has what is left of the time around it, or less. Calls side by side in one block run one after the other.
 *
 * Rejects with `LG_COMMIT_ROLLED_BACK` when an error was caught inside that the server does not forgive; with `LG_UNSUPPORTED` when
 * the client does not borrow from the pool of the extension, or in a transaction of plain `$transaction()`; with the reason of an aborted
 * `signal`; with what the pool rejects with (`LG_ACQUIRE_TIMEOUT`, …).
 *
 * @example
 * const order = await prisma.$managedTransaction({ timeoutMs: 5_000, name: 'create order' }, async (tx) => {
 *   const order = await tx.order.create({ data: { customer } });
 *   await tx.line.createMany({ data: lines.map((line) => ({ ...line, orderId: order.id })) });
 *   return order;
 * });
 */
export interface ManagedTransaction {
  <Client, T>(this: Client, fn: TransactionCallback<Client, T>): Promise<T>;
  <Client, T>(
    this: Client,
    options: ManagedTransactionOptions,
    fn: TransactionCallback<Client, T>,
  ): Promise<T>;
}

type Nothing = Readonly<Record<never, never>>;

/** What `$extends` adds to the type of a client. */
interface ExtensionArgs {
  result: Nothing;
  model: Nothing;
  query: Nothing;
  client: { $managedTransaction: () => ManagedTransaction };
}

/** To be passed to `$extends` of a client. */
export type LifeguardExtension = (client: unknown) => { $extends: { extArgs: ExtensionArgs } };
