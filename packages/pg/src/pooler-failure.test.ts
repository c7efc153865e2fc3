import { PoolerError } from '@lifeguard/core';
import { expect, test } from 'vitest';
import { endedByLimit } from './ended-by-limit.ts';
import { explainError } from './explain-error.ts';
import { poolerFailure } from './pooler-failure.ts';

const said = (message: string, code = '08P01'): Error => Object.assign(new Error(message), { code });

test.each([
  ['query_wait_timeout', 'no-backend'],
  ['server conn crashed?', 'backend-lost'],
  ['server login has been failing, try again later (server_login_retry)', 'server-down'],
  [
    'server login has been failing, cached error: the database is starting (server_login_retry)',
    'server-down',
  ],
  ['transaction blocks not allowed in statement pooling mode', 'statement-mode'],
])('"%s" is told as %s', (message, reason) => {
  const explained = explainError(new Error('Failed query', { cause: said(message) }));
  expect(explained).toBeInstanceOf(PoolerError);
  expect(explained).toMatchObject({ code: 'LG_POOLER', reason, sqlState: '08P01' });
});

test.each(['invalid message format', 'column "query_wait_timeout" does not exist'])(
  '08P01 with another text says nothing of a pooler: %s',
  (message) => expect(poolerFailure(said(message), true)).toBeUndefined(),
);

test.each(['26000', '42P05'])('%s is blamed on a pooler only where there is one', (code) => {
  const error = said('prepared statement "n" …', code);
  expect(poolerFailure(error, false)).toBeUndefined();
  expect(poolerFailure(error, true)).toMatchObject({ reason: 'prepared-statement', sqlState: code });
});

test.each([
  ['query timeout', 'query_timeout (PgBouncer)', false],
  ['idle transaction timeout', 'idle_transaction_timeout (PgBouncer)', true],
  ['client_idle_timeout', 'client_idle_timeout (PgBouncer)', true],
])('"%s" is a time limit, that of %s', (message, setting, heldIdle) => {
  expect(endedByLimit(said(message))).toEqual({ sqlState: '08P01', setting, heldIdle });
  expect(endedByLimit(said(message, 'P0001'))).toBeUndefined();
});

test.each([undefined, null, 'text', 7, { code: '08P01' }, { code: '08P01', message: 7 }])(
  '%j says nothing',
  (error) => expect([poolerFailure(error, true), endedByLimit(error)]).toEqual([undefined, undefined]),
);
