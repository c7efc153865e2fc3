import { Session } from '@lifeguard/core';
import { ManualClock } from '@lifeguard/core/testing';
import { expect, test } from 'vitest';
import { TransactionLimits } from './transaction-limits.ts';
import type { LimitsInForce } from './transaction-limits.ts';

const UNLIMITED = { statement_timeout: 0, idle_in_transaction_session_timeout: 0, transaction_timeout: 0 };

/** The settings for a session of which 4 s are left. */
function settings(inForce: LimitsInForce, sent: string[] = []): string {
  const session = new Session({ timeoutMs: 4_000, clock: new ManualClock() }, undefined);
  const limits = new TransactionLimits();
  limits.learn(inForce);
  for (const sql of sent) limits.notice(sql);
  const text = limits.settingsFor(session);
  session.end();
  return text;
}

test('each limit that is known is set to what is left, and a second', () => {
  expect(settings(UNLIMITED)).toBe(
    'set local statement_timeout = 5000; set local idle_in_transaction_session_timeout = 5000; set local transaction_timeout = 5000',
  );
  expect(settings({ statement_timeout: 0 })).toBe('set local statement_timeout = 5000');
  expect(settings({})).toBe('');
});

test('a stricter or equal one stays, a looser one is replaced; the timer of the transaction is stopped before', () => {
  expect(settings({ statement_timeout: 5_000, idle_in_transaction_session_timeout: 10 })).toBe('');
  expect(settings({ statement_timeout: 5_001, transaction_timeout: 60_000 })).toBe(
    'set local statement_timeout = 5000; set local transaction_timeout = 0; set local transaction_timeout = 5000',
  );
});

test.each([
  ['SET statement_timeout TO 7', 'idle_in_transaction_session_timeout transaction_timeout'],
  ['reset transaction_timeout', 'statement_timeout idle_in_transaction_session_timeout'],
  ['discard all', ''],
  ['reset all; set lock_timeout = 1', ''],
  ['set lock_timeout = 1', Object.keys(UNLIMITED).join(' ')],
  ['set local statement_timeout = 1;', Object.keys(UNLIMITED).join(' ')],
  ['select transaction_timeout from settings', Object.keys(UNLIMITED).join(' ')],
  [`update t set note = 'x'`, Object.keys(UNLIMITED).join(' ')],
])('after %j the limits that may be set are: %s', (sql, names) => {
  const set = settings(UNLIMITED, [sql]).matchAll(/set local (\w+)/g);
  expect([...set].map(([, name]) => name).join(' ')).toBe(names);
});

test('the limit of statements in force is that of the transaction, then that of the backend session', () => {
  const limits = new TransactionLimits();
  expect(limits.statementTimeoutMs).toBeUndefined();
  limits.learn({ statement_timeout: 60_000 });
  limits.settingsFor(new Session({ timeoutMs: 1_000, clock: new ManualClock() }, undefined));
  expect(limits.statementTimeoutMs).toBe(2_000);
  limits.notice('set local statement_timeout = 1');
  expect(limits.statementTimeoutMs).toBeUndefined();
  limits.transactionEnded();
  expect(limits.statementTimeoutMs).toBe(60_000);
});
