import { LeaseReleasedError } from '@lifeguard/core';
import { Mutex, contextStorage } from '@lifeguard/core/adapter';
import type { LeaseRecord, Session } from '@lifeguard/core';
import type { ManagedPool, TransactionOptions } from './transaction-layer.ts';

/** An error; it need not be one. */
export interface BlockFailure {
  readonly error: unknown;
}

/** A block of a managed transaction in which further blocks may nest. */
export interface TransactionLevel {
  /** Of the instance that it was begun with. */
  readonly root: object;
  readonly pool: ManagedPool;
  /** What its callback was given. */
  readonly tx: object;
  /** What the ORM's handle says of which transaction this is; see `transactionOf` of a layer. */
  readonly transaction: unknown;
  readonly record: LeaseRecord;
  readonly session: Session;
  /** What has spoilt the transaction, while it is spoilt. */
  readonly spoilt: { readonly failure: BlockFailure | undefined };
  /** Of the outermost block. */
  readonly options: TransactionOptions;
  /** The level that this one is a savepoint of. */
  readonly outer: TransactionLevel | undefined;
  /** Blocks directly inside this one run one after the other: their savepoints must not interleave. */
  readonly children: Mutex;
  /** The first of its operations that failed, where the layer notes it; in place of the driver's error. */
  failure: BlockFailure | undefined;
  /** `ending`: its callback has returned; blocks inside that nobody awaited still run. */
  state: 'open' | 'ending' | 'over';
}

const bySession = new WeakMap<Session, TransactionLevel>();
/** Of each handle that a callback was given. */
const transactions = new WeakMap<object, unknown>();

/** Makes a level known, to be found from inside its session. */
export function openLevel(parts: Omit<TransactionLevel, 'children' | 'failure' | 'state'>): TransactionLevel {
  const level: TransactionLevel = { ...parts, children: new Mutex(), failure: undefined, state: 'open' };
  bySession.set(parts.session, level);
  transactions.set(parts.tx, parts.transaction);
  return level;
}

/** Whether the handle is one that a callback was given. */
export function isGiven(handle: object): boolean {
  return transactions.has(handle);
}

/** The transaction of a handle that a callback was given. */
export function givenTransaction(handle: object): unknown {
  return transactions.get(handle);
}

/** The levels around this code, the innermost first, of all ORMs; also those that are over: what they have left running is to be known. */
export function* levelsHere(): Generator<TransactionLevel> {
  for (let session = contextStorage().getStore()?.session; session !== undefined; session = session.parent) {
    const level = bySession.get(session);
    if (level !== undefined) yield level;
  }
}

/**
 * The innermost level around this code that is not over, of this instance. Throws where this code is what is left of a nested block
 * that is over: it has no part in the one around it.
 */
export function findLevel(root: object): TransactionLevel | undefined {
  for (const level of levelsHere()) {
    if (level.root !== root) continue;
    if (level.state !== 'over') return level;
    if (level.outer !== undefined && level.outer.state !== 'over') throw transactionIsOver();
  }
  return undefined;
}

/** Whether the block, or one around it, has ended or is being rolled back. */
export function isUndone(level: TransactionLevel): boolean {
  if (level.state === 'over' || level.session.signal.aborted) return true;
  return level.outer !== undefined && isUndone(level.outer);
}

/** What a query gets that comes after its block has ended. */
export function transactionIsOver(): LeaseReleasedError {
  return new LeaseReleasedError({
    summary: 'a query came after its managed transaction had ended; it was not sent',
    rows: [
      ['likely', 'a promise that was not awaited inside the callback'],
      ['fix', 'await every query of the transaction before its callback returns'],
    ],
  });
}
