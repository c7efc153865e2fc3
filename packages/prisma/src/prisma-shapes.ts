import type { IsolationLevel } from './managed-options.ts';

/** What we use of a client of Prisma, whichever schema it was generated from. */
export interface PrismaClientShape {
  /** Missing in the client of a transaction. */
  readonly $connect?: unknown;
  $transaction<T>(fn: (tx: PrismaClientShape) => Promise<T>, options?: PrismaTransactionOptions): Promise<T>;
  $executeRawUnsafe(sql: string): PromiseLike<number>;
}

/** Prisma's own limits. */
export interface PrismaTransactionOptions {
  readonly maxWait: number;
  readonly timeout: number;
  readonly isolationLevel?: IsolationLevel;
}

/** The transaction that an operation belongs to; the same object for all operations with one client of it. */
export interface OperationTransaction {
  /** `itx`: an interactive one. */
  readonly kind?: string;
  readonly id?: unknown;
}

/** What an extension is told of each operation. */
export interface OperationCall {
  readonly model?: string | undefined;
  readonly operation: string;
  readonly args: unknown;
  readonly query: (args: unknown) => Promise<unknown>;
  /** Not a part of Prisma's interface: what we take from it may be missing. */
  readonly __internalParams?: {
    readonly transaction?: OperationTransaction | undefined;
    readonly callsite?: object | undefined;
  };
}

const SCOPE: unique symbol = Symbol.for('prisma.client.transaction.scope_context');

/** What Prisma calls the transaction of this client; the same in its savepoints. `undefined` where it does not tell. */
export function transactionIdOf(client: PrismaClientShape): unknown {
  const scope: unknown = Reflect.get(client, SCOPE);
  return typeof scope === 'object' && scope !== null ? Reflect.get(scope, 'txId') : undefined;
}

/** Whether this is the client of a transaction, and not one that can begin one of its own. */
export function isTransactionClient(client: PrismaClientShape): boolean {
  return client.$connect === undefined;
}
