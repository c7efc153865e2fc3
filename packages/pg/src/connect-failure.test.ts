import { describe, expect, test } from 'vitest';
import { explainConnectFailure } from './connect-failure.ts';

const withCode = (code: string): Error => Object.assign(new Error('failed'), { code });

test.each(['28P01', '28000', '3D000', '08P01'])('%s does not pass by itself', (code) => {
  expect(explainConnectFailure(withCode(code)).fatal).toBe(true);
});

test.each(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'ECONNRESET', '57P03', '53300', 'XX000'])(
  '%s may pass',
  (code) => {
    expect(explainConnectFailure(withCode(code)).fatal).toBe(false);
  },
);

test('a server without room has a code of its own', () => {
  expect(explainConnectFailure(withCode('53300')).code).toBe('LG_SERVER_REFUSED');
});

test('a host with several addresses fails for the reason of the first', () => {
  expect(
    explainConnectFailure(new AggregateError([withCode('ECONNREFUSED'), withCode('ETIMEDOUT')])).likely,
  ).toContain('no server listens');
});

test.each([
  undefined,
  null,
  'text',
  {},
  new Error('without code'),
  Object.assign(new Error(), { code: 7 }),
  Object.assign(new Error(), { code: 'constructor' }),
])('a failure without a code that we know may pass: %s', (failure) =>
  expect(explainConnectFailure(failure)).toEqual({ fatal: false }),
);

describe('behind a pooler, which refuses everything under 08P01', () => {
  const refused = (message: string) =>
    explainConnectFailure(Object.assign(new Error(message), { code: '08P01' }));

  test.each([
    ['unsupported startup parameter: statement_timeout', 'statement_timeout', 'managed block'],
    [
      'unsupported startup parameter: idle_in_transaction_session_timeout',
      'idle_in_transaction',
      'managed block',
    ],
    ['unsupported startup parameter: options', 'options', 'alter role'],
    ['unsupported startup parameter in options: search_path', 'search_path', 'schema'],
    ['unsupported startup parameter: work_mem', 'work_mem', 'alter role … set work_mem'],
  ])('"%s" names the option, and what to use instead', (message, option, instead) => {
    const { fatal, likely, fix } = refused(message);
    expect(fatal).toBe(true);
    expect(likely).toContain(option);
    expect(fix).toContain(instead);
  });

  test.each([
    'no more connections allowed (max_client_conn)',
    'client connections exceeded (max_db_client_connections)',
  ])('"%s" is a server that has no room', (message) => {
    expect(refused(message)).toMatchObject({ fatal: false, code: 'LG_SERVER_REFUSED' });
  });

  test.each([
    'query_wait_timeout',
    'server login has been failing, try again later (server_login_retry)',
    'pgbouncer cannot connect to server',
    'database "a" is disabled',
    'database removed',
    'the pooler is shutting down',
  ])('"%s" may pass', (message) => {
    expect(refused(message)).toMatchObject({
      fatal: false,
      likely: expect.stringContaining('pooler') as string,
    });
  });

  test.each([
    'password authentication failed',
    'SASL authentication failed',
    'no such user',
    'no such database: a',
    'database "a" does not exist',
  ])('"%s" does not pass by itself', (message) => {
    expect(refused(message).fatal).toBe(true);
    expect(refused(message).likely).toContain('pooler');
  });
});
