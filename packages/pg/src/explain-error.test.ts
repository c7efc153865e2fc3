import { PoolClosedError } from '@lifeguard/core';
import { expect, test } from 'vitest';
import { explainError } from './explain-error.ts';

const ended = Object.assign(new Error('terminating connection'), { code: '25P03' });

test('an error of ours is its own explanation', () => {
  const error = new PoolClosedError('main');
  expect(explainError(error)).toBe(error);
});

test('the error of the driver is found inside what an ORM makes of it', () => {
  const wrapped = new Error('Failed query', { cause: new Error('in between', { cause: ended }) });
  expect(explainError(wrapped)).toMatchObject({
    code: 'LG_SERVER_TIMEOUT',
    setting: 'idle_in_transaction_session_timeout',
    cause: ended,
  });
});

test('a connection that the server has ended is lost, also where an ORM has another name for the cause', () => {
  const killed = Object.assign(new Error('terminating connection'), { code: '57P01' });
  const explained = explainError(Object.assign(new Error('Query failed'), { driverError: killed }));
  expect(explained).toMatchObject({ code: 'LG_CONNECTION_LOST', cause: killed });
  expect(explained?.message).toContain('the connection was ended by the server: terminating connection');
});

test('an error that is its own cause is given up', () => {
  const loop = new Error('loop');
  loop.cause = loop;
  expect(explainError(loop)).toBeUndefined();
});

test.each([undefined, null, 'text', 7, {}, new Error('other'), { code: 'toString' }])(
  '%j has no explanation',
  (error) => expect(explainError(error)).toBeUndefined(),
);
