import { expect, test } from 'vitest';
import { digestLog } from './log-digest.ts';
import type { LogLine } from './service-process.ts';

const failure = (message: string, fields: object = {}): LogLine => ({
  level: 'error',
  route: 'GET /orders',
  message,
  ...fields,
});
const report = (id: number, line: number, pending: number, evidence = 'overdue'): LogLine => ({
  level: 'warn',
  message: `report ${id}`,
  code: 'LG_LEAK_SUSPECTED',
  id,
  pending,
  evidence: [evidence],
  lease: { site: { file: 'a.ts', line, functionName: 'leak' }, transaction: line === 7 ? 'open' : 'none' },
});

test('failures of ordinary requests are counted by their first line, with their code', () => {
  const { errors } = digestLog([
    failure('slow'),
    failure('none left\n  holders 1', { code: 'LG_X' }),
    failure('none left\n  holders 2', { code: 'LG_X' }),
    failure('broken file', { route: 'POST /demo/prices' }),
  ]);
  expect(errors).toEqual([
    { count: 2, text: 'LG_X: none left\n  holders 2' },
    { count: 1, text: 'slow' },
  ]);
});

test('a lease that is reported for two reasons counts once; the report with most waiting is shown', () => {
  const { leaks, leakText } = digestLog([
    report(1, 7, 0),
    report(1, 7, 4, 'collected'),
    report(2, 7, 2),
    report(3, 9, 1),
  ]);
  expect(leaks).toEqual([
    {
      file: 'a.ts',
      line: 7,
      functionName: 'leak',
      count: 2,
      evidence: ['collected', 'overdue'],
      inTransaction: true,
    },
    { file: 'a.ts', line: 9, functionName: 'leak', count: 1, evidence: ['overdue'], inTransaction: false },
  ]);
  expect(leakText).toBe('report 1');
});

test('a report without a stack has no place', () => {
  const { leaks } = digestLog([{ ...report(1, 7, 0), lease: {} }]);
  expect(leaks).toMatchObject([{ file: '(place unknown)', count: 1 }]);
});

test('deadlocks and exhaustion are counted, also in a planted request', () => {
  const { deadlocks, exhaustion, errors } = digestLog([
    failure('none left', { code: 'LG_ACQUIRE_TIMEOUT', route: 'GET /demo/invoice' }),
    failure('all held\n  chain 1', { code: 'LG_POOL_DEADLOCK', route: 'GET /demo/invoice' }),
    failure('all held\n  chain 2', { code: 'LG_POOL_DEADLOCK', route: 'GET /demo/invoice' }),
  ]);
  expect(deadlocks).toEqual({ count: 2, text: 'LG_POOL_DEADLOCK: all held\n  chain 2' });
  expect(exhaustion).toEqual({ count: 1, text: 'LG_ACQUIRE_TIMEOUT: none left' });
  expect(errors).toEqual([]);
});

test('an ended session is named by the line where it began, also in a planted request', () => {
  const message = 'session "x" ended\n  you       src/a.ts:61 exportSales\n  fix       none';
  const { overruns } = digestLog([
    failure(message, { code: 'LG_SESSION_TIMEOUT', route: 'GET /demo/export' }),
  ]);
  expect(overruns).toEqual([{ file: 'src/a.ts', line: 61, functionName: 'exportSales', count: 1 }]);
});

test('what was taken back is counted by reason', () => {
  const taken = (reason: string): LogLine => ({
    level: 'warn',
    message: '',
    code: 'LG_LEASE_REVOKED',
    reason,
  });
  const { takenBack } = digestLog([taken('leak'), taken('session-timeout'), taken('leak')]);
  expect(takenBack).toEqual({ leak: 2, 'session-timeout': 1 });
});
