import type { DatabaseConnection, Kysely, Transaction } from 'kysely';
import { currentSession } from '@lifeguard/core';
import { Mutex } from '@lifeguard/core/adapter';
import type { Session } from '@lifeguard/core';
import { rootOf } from './guard-registry.ts';
import { connectionOf, recordOf } from './record-of.ts';
import { ControlledSavepoints, SqlSavepoints } from './savepoints.ts';
import type { ControlledCommands, Savepoints } from './savepoints.ts';
import type { StrayQueryPolicy } from './stray-policy.ts';
import type { TransactionGate } from './transaction-gate.ts';
import type { TransactionSettings } from './transaction-settings.ts';

/** A block of a transaction in which further blocks may nest. */
export interface TransactionLevel {
  /** What the block runs its queries with. */
  readonly trx: Transaction<unknown>;
  readonly root: object;
  /** The level that this one is a savepoint of. */
  readonly outer?: TransactionLevel | undefined;
  /** `undefined` in a transaction that Kysely began itself. */
  readonly session: Session | undefined;
  readonly savepoints: Savepoints;
  /** What its queries pass, and those of joined blocks inside; `undefined` in a transaction that Kysely began itself. */
  readonly gate?: TransactionGate | undefined;
  /** `undefined` where they are not known. */
  readonly settings: TransactionSettings | undefined;
  /** How many savepoints lie below. Names them, so that the server sees few different statements. */
  readonly depth: number;
  /** Blocks directly inside this one run one after the other: their savepoints must not interleave. */
  readonly children: Mutex;
  /** In place of the dialect's. */
  readonly strayQueries: StrayQueryPolicy | undefined;
  /** Streams by joined connections that are being read: until they end the connection answers nothing else. */
  joinedStreams: number;
  /** `ending`: its callback has returned; blocks inside that nobody awaited still run. */
  state: 'open' | 'ending' | 'over';
}

const bySession = new WeakMap<Session, TransactionLevel>();
const byTransaction = new WeakMap<object, TransactionLevel>();
/** By what knows a transaction that Kysely began: every instance that is derived from it is on its lease. */
const turnsOf = new WeakMap<object, Mutex>();
const byConnection = new WeakMap<object, TransactionLevel>();

/** Makes a level known, to be found from inside its session and by its `trx`. */
export function openLevel<DB>(
  trx: Transaction<DB>,
  parts: Omit<TransactionLevel, 'trx' | 'root' | 'children' | 'joinedStreams' | 'state'>,
  children: Mutex = new Mutex(),
): TransactionLevel {
  const level: TransactionLevel = {
    ...parts,
    trx: trx as unknown as Transaction<unknown>,
    root: rootOf(trx),
    children,
    joinedStreams: 0,
    state: 'open',
  };
  if (parts.session !== undefined) bySession.set(parts.session, level);
  byTransaction.set(trx, level);
  return level;
}

/**
 * Whether the block, or one around it, is being rolled back, or has ended: its savepoint takes those inside with it, and a
 * server fails the whole transaction that names one which is gone.
 */
export function isUndone(level: TransactionLevel): boolean {
  if (level.state === 'over' || level.session?.signal.aborted === true) return true;
  return level.outer !== undefined && isUndone(level.outer);
}

/** A level for a savepoint that has no `trx` of its own; to be found from inside its session. */
export function nestLevel(outer: TransactionLevel, session: Session): TransactionLevel {
  const depth = outer.depth + 1;
  const level: TransactionLevel = {
    ...outer,
    outer,
    session,
    depth,
    children: new Mutex(),
    joinedStreams: 0,
    state: 'open',
  };
  bySession.set(session, level);
  return level;
}

/** What is run on this connection, which has joined a level, nests in `level`. */
export function placeConnection(connection: DatabaseConnection, level: TransactionLevel): void {
  byConnection.set(connection, level);
}

/**
 * The level that a managed transaction on `db` nests in, if any: the innermost around this code when `db` belongs to the
 * same instance, else the one that `db` itself is. Resolves later only where that takes a look at the connection.
 */
export function findLevel<DB>(db: Kysely<DB>): TransactionLevel | undefined | Promise<TransactionLevel> {
  const around = levelAround(rootOf(db));
  if (!db.isTransaction) return around;
  const own = byTransaction.get(db);
  if (own === undefined)
    return around === undefined ? adopt(db as Transaction<DB>) : whichOf(db as Transaction<DB>, around);
  return around?.savepoints === own.savepoints ? around : own;
}

/** The session that a block nested in `level` is bound by; that of the level where the async context was lost. */
export function sessionAround(level: TransactionLevel): Session | undefined {
  const here = currentSession();
  for (let session = here; session !== undefined; session = session.parent)
    if (session === level.session) return here;
  return level.session ?? here;
}

function levelAround(root: object): TransactionLevel | undefined {
  for (let session = currentSession(); session !== undefined; session = session.parent) {
    const level = bySession.get(session);
    if (level === undefined || level.root !== root) continue;
    // What is left of a nested block that is over has no part in the one around: it finds its own, and is refused there.
    if (level.state !== 'over' || (level.outer !== undefined && level.outer.state !== 'over')) return level;
  }
  return undefined;
}

/**
 * The innermost open level of one of `ours` around this code. None when a session in between was cut off: what comes from
 * there is refused, and must not get into the block around.
 */
export function levelOfStray(isOurs: (root: object) => boolean): TransactionLevel | undefined {
  for (let session = currentSession(); session !== undefined; session = session.parent) {
    if (session.state === 'expired' || session.state === 'aborted') return undefined;
    const level = bySession.get(session);
    if (level?.state === 'open' && isOurs(level.root)) return level;
  }
  return undefined;
}

/** `trx` may be derived from the level around (by a schema, a plugin), or be another transaction of the same instance. */
async function whichOf<DB>(trx: Transaction<DB>, around: TransactionLevel): Promise<TransactionLevel> {
  const connection = await connectionOf(trx);
  const joined = byConnection.get(connection);
  if (joined !== undefined) return joined;
  return connection === (await connectionOf(around.trx)) ? around : adoptOn(connection, trx);
}

/** A transaction that Kysely began: it can be nested in, but not ended. */
async function adopt<DB>(trx: Transaction<DB>): Promise<TransactionLevel> {
  return adoptOn(await connectionOf(trx), trx);
}

function adoptOn<DB>(connection: DatabaseConnection, trx: Transaction<DB>): TransactionLevel {
  const commands: unknown = trx;
  const savepoints = isControlled(commands)
    ? new ControlledSavepoints(commands, () => undefined)
    : new SqlSavepoints(trx);
  // A driver may give the same connection to one transaction after the other.
  const key = recordOf(connection) ?? connection;
  const turns = turnsOf.get(key) ?? new Mutex();
  turnsOf.set(key, turns);
  const parts = { session: undefined, savepoints, settings: undefined, strayQueries: undefined, depth: 0 };
  return openLevel(trx, parts, turns);
}

function isControlled(trx: unknown): trx is ControlledCommands {
  return typeof (trx as Partial<ControlledCommands>).savepoint === 'function';
}
