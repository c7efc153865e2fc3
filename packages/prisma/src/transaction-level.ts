import { LeaseReleasedError, Mutex, Session, contextStorage } from '@lifeguard/core';
import type { LeaseRecord } from '@lifeguard/core';
import type { LifeguardPool } from '@lifeguard/pg';
import type { IsolationLevel } from './managed-options.ts';
import { transactionIdOf } from './prisma-shapes.ts';
import type { OperationTransaction, PrismaClientShape } from './prisma-shapes.ts';

/** The session of a transaction: knows the lease that was taken for it. */
export class TransactionSession extends Session {
  /** The first lease that was taken in it. */
  record: LeaseRecord | undefined;

  override attach(record: LeaseRecord): void {
    super.attach(record);
    this.record ??= record;
  }
}

/** A block of a managed transaction in which further blocks may nest. */
export interface TransactionLevel {
  readonly pool: LifeguardPool;
  readonly tx: PrismaClientShape;
  /** What Prisma calls the transaction. */
  readonly txId: unknown;
  readonly record: LeaseRecord;
  readonly session: Session;
  readonly isolationLevel: IsolationLevel | undefined;
  /** The level that this one is a savepoint of. */
  readonly outer: TransactionLevel | undefined;
  /** Blocks directly inside this one run one after the other: their savepoints must not interleave. */
  readonly children: Mutex;
  /** Operations of the block that have not been answered. */
  running: number;
  /** The first of its operations that failed. */
  failure: { readonly error: unknown } | undefined;
  /** `ending`: its callback has returned; blocks inside that nobody awaited still run. */
  state: 'open' | 'ending' | 'over';
}

const bySession = new WeakMap<Session, TransactionLevel>();
const clients = new WeakSet<object>();
const outermosts = new WeakMap<OperationTransaction, TransactionLevel>();

/** Makes a level known, to be found from inside its session. */
export function openLevel(
  parts: Omit<TransactionLevel, 'txId' | 'children' | 'running' | 'failure' | 'state'>,
): TransactionLevel {
  const level: TransactionLevel = {
    ...parts,
    txId: transactionIdOf(parts.tx),
    children: new Mutex(),
    running: 0,
    failure: undefined,
    state: 'open',
  };
  bySession.set(parts.session, level);
  clients.add(parts.tx);
  return level;
}

/** Whether the client is that of a level, or of a savepoint that Prisma has made by itself inside the transaction of this one. */
export function isPartOf(level: TransactionLevel, client: PrismaClientShape): boolean {
  return isOurs(client) || (level.txId !== undefined && transactionIdOf(client) === level.txId);
}

/** Whether the client is one that we have handed out. */
export function isOurs(client: PrismaClientShape): boolean {
  return clients.has(client);
}

/** The innermost level around this code of a transaction on this pool, if it is not over. */
export function findLevel(pool: LifeguardPool): TransactionLevel | undefined {
  for (let session = sessionHere(); session !== undefined; session = session.parent) {
    const level = bySession.get(session);
    if (level !== undefined && level.state !== 'over' && level.pool === pool) return level;
  }
  return undefined;
}

/**
 * The level that an operation belongs to, also when it is over: the innermost around this code in the same transaction of Prisma's;
 * where the async context was lost, the outermost of the transaction, if it is known from an operation before.
 */
export function levelOf(transaction: OperationTransaction): TransactionLevel | undefined {
  for (let session = sessionHere(); session !== undefined; session = session.parent) {
    const level = bySession.get(session);
    if (level === undefined || level.txId !== transaction.id) continue;
    outermosts.set(transaction, outermostOf(level));
    return level;
  }
  return outermosts.get(transaction);
}

function outermostOf(level: TransactionLevel): TransactionLevel {
  return level.outer === undefined ? level : outermostOf(level.outer);
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

/** Also one that has ended: what it has left running is to be known. */
function sessionHere(): Session | undefined {
  return contextStorage().getStore()?.session;
}
