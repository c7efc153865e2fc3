import { Session, currentSession } from '@lifeguard/core';
import { started, untilOver } from '@lifeguard/core/adapter';
import { assertCommittable } from './assert-committable.ts';
import type { ManagedCall } from './managed-call.ts';
import { ownErrorIn } from './own-error.ts';
import { runInLayer } from './run-in-layer.ts';
import { isGiven, isUndone, openLevel, transactionIsOver } from './transaction-level.ts';
import type { TransactionLevel } from './transaction-level.ts';

/** Runs the callback on a savepoint of the ORM's, alone among the blocks of its level. */
export async function runNested<T>(call: ManagedCall<T>, outer: TransactionLevel): Promise<T> {
  const { options } = call;
  const session = new Session({ ...options, timeoutMs: options.timeoutMs ?? Infinity }, currentSession());
  try {
    const leave = await enterLevel(session, outer);
    try {
      session.signal.throwIfAborted();
      if (isUndone(outer)) throw transactionIsOver();
      // On a transaction that has failed an ORM may undo all of it where its savepoint is refused, and begin another one.
      await untilOver(session, () => assertCommittable(outer, call.layer));
      return await runSavepoint(call, outer, session);
    } finally {
      leave();
    }
  } finally {
    session.end();
  }
}

/** Settles when the savepoint is gone, or the whole transaction is: what is sent next must not fall into this block. */
function runSavepoint<T>(call: ManagedCall<T>, outer: TransactionLevel, session: Session): Promise<T> {
  const { layer, handle, isInside } = call;
  // ORMs allow savepoints of the innermost block only; one that the ORM began itself is not known to us.
  const around = isInside && !isGiven(handle) ? handle : outer.tx;
  return untilOver(outermostOf(outer).session, () =>
    runInLayer<T>({
      begin: (block) => started(() => layer.savepoint(around, block)),
      work: (tx) => runBlock(call, tx, outer, session),
      explain: (error) => ownErrorIn(outer.record, error, (each) => layer.causeOf(each)),
    }),
  );
}

async function runBlock<T>(
  { layer, fn }: ManagedCall<T>,
  tx: object,
  outer: TransactionLevel,
  session: Session,
): Promise<T> {
  session.signal.throwIfAborted();
  const level = openLevel({ ...outer, outer, tx, session });
  const { record, pool } = outer;
  let leave: (() => void) | undefined;
  try {
    const result = await untilOver(session, () => fn(tx, session));
    level.state = 'ending';
    leave = await enterLevel(session, level);
    await untilOver(session, () => assertCommittable(level, layer));
    return result;
  } catch (error) {
    level.state = 'over';
    // The ORM goes back to the savepoint only when the connection has answered.
    if (session.signal.aborted && record.queryRunning) await pool.cancelQuery(record);
    // What blocks inside this one would send yet is to be undone with it.
    session.abort(error);
    leave ??= await level.children.enter();
    throw error;
  } finally {
    level.state = 'over';
    leave?.();
  }
}

function outermostOf(level: TransactionLevel): TransactionLevel {
  return level.outer === undefined ? level : outermostOf(level.outer);
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
