import { expect, test } from 'vitest';
import { whyRefused } from './why-refused.ts';

const error = (fields: object): Error => Object.assign(new Error('why'), fields);

test('an error that ended a wait is a failed connect, or the end of the sql', () => {
  expect(whyRefused(error({ code: 'ECONNREFUSED', syscall: 'connect', query: undefined }))).toBe(
    'connect-failed',
  );
  expect(whyRefused(error({ code: 'CONNECT_TIMEOUT' }))).toBe('connect-failed');
  expect(whyRefused(error({ code: '28P01', severity: 'FATAL', query: undefined }))).toBe('connect-failed');
  expect(whyRefused(error({ code: 'CONNECTION_ENDED' }))).toBe('closed');
  expect(whyRefused(error({ code: 'CONNECTION_DESTROYED', query: 'select 1' }))).toBe('closed');
});

test('or neither: it was cancelled, its file could not be read, or it had been sent', () => {
  expect(whyRefused(error({ code: '57014' }))).toBeUndefined();
  expect(whyRefused(error({ code: 'ENOENT', syscall: 'open' }))).toBeUndefined();
  expect(whyRefused(error({ code: 'CONNECTION_CLOSED', query: 'select 1' }))).toBeUndefined();
  expect(whyRefused(error({ code: '42601', severity: 'ERROR', query: 'begin no option' }))).toBeUndefined();
  expect(whyRefused(undefined)).toBeUndefined();
  for (const mistake of [
    new TypeError('options.replace is not a function'),
    error({ code: 'COPY_IN_PROGRESS' }),
  ])
    expect(whyRefused(mistake)).toBeUndefined();
});
