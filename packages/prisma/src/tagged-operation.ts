import { runOperation } from '@lifeguard/core/adapter';
import { transactionIsOver } from '@lifeguard/orm';
import type { TransactionLevel } from '@lifeguard/orm';
import { ownError, ownErrorIn } from './own-error.ts';
import type { OperationCall } from './prisma-shapes.ts';
import { levelOf } from './transaction-level.ts';

/** Runs one operation of a client: labelled, inside its block where it has one, and with errors of ours as ours. */
export async function runTagged(call: OperationCall): Promise<unknown> {
  try {
    return await runInPlace(call);
  } catch (error) {
    throw ownError(error);
  }
}

function runInPlace(call: OperationCall): Promise<unknown> {
  const { args, query, __internalParams: internal } = call;
  if (internal?.transaction?.kind === 'itx') {
    const level = levelOf(internal.transaction);
    return level === undefined ? query(args) : runWithin(level, call);
  }
  return runOperation({ label: labelOf(call), stack: stackOf(internal?.callsite) }, () => query(args));
}

/** What comes from a block that is over must not get into the one around it: to Prisma they are the same transaction. */
async function runWithin(level: TransactionLevel, { args, query }: OperationCall): Promise<unknown> {
  const { signal } = level.session;
  if (signal.aborted) throw signal.reason;
  if (level.state === 'over') throw transactionIsOver();
  try {
    return await query(args);
  } catch (error) {
    const ours = isPrismas(error) ? ownErrorIn(level.record, error) : error;
    level.failure ??= { error: ours };
    throw ours;
  }
}

/** Whether it comes from below, and not from the hook of another extension. */
function isPrismas(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'clientVersion' in error;
}

function labelOf({ model, operation, __internalParams: internal }: OperationCall): string {
  const label = model === undefined ? operation : `${model}.${operation}`;
  return internal?.transaction?.kind === 'batch' ? `${label} (batch)` : label;
}

/** Prisma takes a stack where an operation is called, for its messages; not with `errorFormat: 'minimal'`. */
function stackOf(callsite: object | undefined): Error | undefined {
  if (callsite === undefined) return undefined;
  return Object.values(callsite).find((value): value is Error => value instanceof Error);
}
