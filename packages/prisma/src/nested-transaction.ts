import { LifeguardError, Session, currentSession, untilOver } from '@lifeguard/core';
import { assertCommittable } from './assert-committable.ts';
import type { TransactionCallback } from './extension-types.ts';
import { checkNestedLevel } from './managed-options.ts';
import type { ManagedTransactionOptions } from './managed-options.ts';
import { ownError } from './own-error.ts';
import { isTransactionClient } from './prisma-shapes.ts';
import type { PrismaClientShape } from './prisma-shapes.ts';
import { isOurs, isUndone, openLevel, transactionIsOver } from './transaction-level.ts';
import type { TransactionLevel } from './transaction-level.ts';

type Callback<T> = TransactionCallback<PrismaClientShape, T>;

/** Runs `fn` on a savepoint of Prisma's, alone among the blocks of its level. */
export async function runNested<T>(
  outer: TransactionLevel,
  client: PrismaClientShape,
  options: ManagedTransactionOptions,
  fn: Callback<T>,
): Promise<T> {
  // Prisma allows savepoints of the innermost block only; one that it began itself is not known to us.
  const around = isTransactionClient(client) && !isOurs(client) ? client : outer.tx;
  if (typeof (around as Partial<PrismaClientShape>).$transaction !== 'function') throw withoutSavepoints();
  checkNestedLevel(options.isolationLevel, outer.isolationLevel);
  const session = new Session({ ...options, timeoutMs: options.timeoutMs ?? Infinity }, currentSession());
  try {
    const leave = await enterLevel(session, outer);
    try {
      session.signal.throwIfAborted();
      if (isUndone(outer)) throw transactionIsOver();
      return await runSavepoint(outer, around, session, fn);
    } catch (error) {
      throw ownError(error);
    } finally {
      leave();
    }
  } finally {
    session.end();
  }
}

/** Settles when the savepoint is gone, or the block around is: what that sends next must not fall into this one. */
function runSavepoint<T>(
  outer: TransactionLevel,
  around: PrismaClientShape,
  session: Session,
  fn: Callback<T>,
): Promise<T> {
  const begin = (): Promise<T> => around.$transaction((tx) => runBlock(outer, tx, session, fn));
  return untilOver(outer.session, begin);
}

async function runBlock<T>(
  outer: TransactionLevel,
  tx: PrismaClientShape,
  session: Session,
  fn: Callback<T>,
): Promise<T> {
  session.signal.throwIfAborted();
  const level = openLevel({ ...outer, outer, tx, session });
  let leave: (() => void) | undefined;
  try {
    const result = await untilOver(session, () => fn(tx, session));
    level.state = 'ending';
    leave = await enterLevel(session, level);
    await untilOver(session, () => assertCommittable(level));
    return result;
  } catch (error) {
    level.state = 'over';
    // Prisma goes back to the savepoint only when the connection has answered.
    if (session.signal.aborted && level.running > 0) await outer.pool.cancelQuery(outer.record);
    throw error;
  } finally {
    level.state = 'over';
    leave?.();
  }
}

/** Waits for the turn of a block among those of its level, until its session is over. Resolves to what ends the turn. */
async function enterLevel(session: Session, level: TransactionLevel): Promise<() => void> {
  const entering = level.children.enter();
  try {
    return await untilOver(session, () => entering);
  } catch (error) {
    void entering.then((leave) => leave());
    throw error;
  }
}

function withoutSavepoints(): LifeguardError {
  return new LifeguardError('LG_UNSUPPORTED', {
    summary: 'this version of Prisma has no savepoints, which nested managed transactions are made of',
    rows: [['fix', 'update @prisma/client, or do the work in one block']],
  });
}
