import { expect, test } from 'vitest';
import { answered } from './query-outcome.ts';
import { transactionAfter } from './transaction-after.ts';

const serverError = Object.assign(new Error('refused'), { severity: 'ERROR' });
const done = (before: 'none' | 'open' | 'failed' | 'unknown', text: string, ...commands: string[]) =>
  transactionAfter(before, text, { kind: 'answered', commands });
const failed = (before: 'none' | 'open' | 'failed' | 'unknown', text: string, error: Error = serverError) =>
  transactionAfter(before, text, { kind: 'failed', error });

test('commands that were carried out begin and end a transaction', () => {
  expect(done('none', 'begin', 'BEGIN')).toBe('open');
  expect(done('none', 'start transaction', 'START TRANSACTION')).toBe('open');
  expect(done('open', 'select 1', 'SELECT')).toBe('open');
  expect(done('open', 'commit', 'COMMIT')).toBe('none');
  expect(done('failed', 'commit', 'ROLLBACK')).toBe('none');
  expect(done('open', 'commit and chain', 'COMMIT')).toBe('open');
  expect(done('open', 'rollback and chain', 'ROLLBACK')).toBe('open');
  expect(done('open', `prepare transaction 'x'`, 'PREPARE TRANSACTION')).toBe('none');
  expect(done('none', 'begin; select 1; commit', 'BEGIN', 'SELECT', 'COMMIT')).toBe('none');
});

test('a rollback to a savepoint is told from one of the whole', () => {
  expect(done('failed', 'rollback to "s1"', 'ROLLBACK')).toBe('open');
  expect(done('failed', 'rollback', 'ROLLBACK')).toBe('none');
  expect(done('open', 'rollback to a; rollback', 'ROLLBACK', 'ROLLBACK')).toBe('unknown');
});

test('a refusal by the server fails what is open; one by the driver does nothing', () => {
  expect(failed('open', 'no sql')).toBe('failed');
  expect(failed('none', 'no sql')).toBe('none');
  expect(failed('unknown', 'no sql')).toBe('unknown');
  expect(failed('open', 'commit')).toBe('none');
  expect(failed('none', 'begin; no sql')).toBe('unknown');
  expect(failed('open', 'select $1', new Error('UNDEFINED_VALUE'))).toBe('open');
});

test('what a query resolves to tells its commands, one for each statement', () => {
  const result = (command: string) => Object.assign([{ command: 'of a column' }], { command });
  expect(answered(result('SELECT'))).toEqual({ kind: 'answered', commands: ['SELECT'] });
  expect(answered([result('BEGIN'), result('COMMIT')])).toEqual({
    kind: 'answered',
    commands: ['BEGIN', 'COMMIT'],
  });
  expect(answered({ string: 'of describe' })).toEqual({ kind: 'answered', commands: [] });
  expect(answered(undefined)).toEqual({ kind: 'answered', commands: [] });
});
