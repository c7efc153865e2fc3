import type { Session } from '@lifeguard/core';

/** The limits of the server that end what a transaction does, or the transaction. PostgreSQL 17 has all three. */
export const TRANSACTION_LIMITS = [
  'statement_timeout',
  'idle_in_transaction_session_timeout',
  'transaction_timeout',
] as const;

type TransactionLimit = (typeof TRANSACTION_LIMITS)[number];

/** Milliseconds of each limit in force, 0 for none. One that is left out is unknown to the server, or to us. */
export type LimitsInForce = Readonly<Partial<Record<TransactionLimit, number>>>;

const NONE: LimitsInForce = Object.freeze({});

/** How much later than ours the server's limit comes: it is for when we cannot act any more. */
const GRACE_MS = 1_000;
/** PostgreSQL keeps these settings in 32 bits. */
const LARGEST_MS = 2_147_483_647;

/** Of a long script only the beginning is looked at: settings come first. */
const LOOKED_AT = 10_000;
/** True of all that is looked for below; every statement that is sent is tried with it. */
const MAY_CHANGE = /_timeout\b|\b(?:reset|discard)\s+all\b/i;
const RESETS_ALL = /\b(?:reset|discard)\s+all\b/i;
const MENTIONS_LIMIT = /_timeout\b/i;
const SETS = /\b(?:set|set_config|reset)\b/i;
const ONLY_LOCALLY = /^\s*set\s+local\s[^;]*;?\s*$/i;

/**
 * What the server allows a transaction of one connection, and what it should allow one in a session with a deadline: no
 * more than is left of the session, so that it ends also when this process cannot end it. A limit in force that is
 * stricter stays.
 */
export class TransactionLimits {
  #inForce: LimitsInForce = NONE;
  /** Of the transaction that is open, where it is not that of the backend session. */
  #localStatementMs: number | 'unknown' | undefined;

  /** The settings were read, when the connection hooks were through. Until then nothing is limited. */
  learn(inForce: LimitsInForce): void {
    this.#inForce = inForce;
  }

  /** A statement is sent that may change them for the whole backend session: what is not known any more is not touched. */
  notice(sql: string | undefined): void {
    if (sql === undefined || this.#inForce === NONE) return;
    const text = sql.slice(0, LOOKED_AT);
    if (!MAY_CHANGE.test(text)) return;
    if (RESETS_ALL.test(text)) this.#inForce = NONE;
    else if (!MENTIONS_LIMIT.test(text) || !SETS.test(text)) return;
    else if (ONLY_LOCALLY.test(text)) this.#localStatementMs = 'unknown';
    else this.#forgetThoseIn(text);
  }

  /**
   * What is to follow the BEGIN of a transaction in `session`; empty when nothing is. SET LOCAL, and not `set_config`: a
   * SELECT would take the snapshot, after which the isolation level cannot be chosen any more.
   */
  settingsFor(session: Session | undefined): string {
    const limitMs = Math.ceil(remainingMs(session) + GRACE_MS);
    if (limitMs > LARGEST_MS) return '';
    return TRANSACTION_LIMITS.flatMap((name) => {
      const present = this.#inForce[name];
      if (present === undefined || (present > 0 && present <= limitMs)) return [];
      if (name === 'statement_timeout') this.#localStatementMs = limitMs;
      // A timer that runs is not shortened by a new value: first it must be stopped.
      const stopFirst = name === 'transaction_timeout' && present > 0;
      return stopFirst ? [setLocal(name, 0), setLocal(name, limitMs)] : [setLocal(name, limitMs)];
    }).join('; ');
  }

  /** No transaction is open any more: what was set for it has gone with it. */
  transactionEnded(): void {
    this.#localStatementMs = undefined;
  }

  /** The `statement_timeout` in force now; 0 for none, `undefined` when it is not known. */
  get statementTimeoutMs(): number | undefined {
    if (this.#localStatementMs === 'unknown') return undefined;
    return this.#localStatementMs ?? this.#inForce.statement_timeout;
  }

  #forgetThoseIn(text: string): void {
    const lower = text.toLowerCase();
    const kept = Object.entries(this.#inForce).filter(([name]) => !lower.includes(name));
    this.#inForce = Object.freeze(Object.fromEntries(kept));
  }
}

function setLocal(name: TransactionLimit, limitMs: number): string {
  return `set local ${name} = ${limitMs}`;
}

/** What is left of the session: of the one around it, when it has ended and its leases have not. */
function remainingMs(session: Session | undefined): number {
  let live = session;
  while (live?.state === 'ended') live = live.parent;
  return live?.remainingMs ?? Infinity;
}
