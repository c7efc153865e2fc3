import { expect, test } from 'vitest';
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
