import process from 'node:process';
import { expect, test } from 'vitest';
import { statusAfter } from './transaction-text.ts';

test.each([
  'begin',
  'BEGIN isolation level serializable',
  ' start\n transaction read only',
  '-- first\n\t-- second\n begin',
  '/* a /* nested */ comment */ begin',
  '; begin',
])('%j opens a transaction', (sql) => {
  expect(statusAfter(sql, 'none')).toBe('open');
});

test.each([
  'commit',
  'Commit and chain',
  'end',
  'abort',
  'rollback',
  'rollback work',
  "prepare transaction 'x'",
  '-- done\ncommit',
  '-- done\r\n/* really */ -- so\nabort',
  ';;commit',
])('%j closes a transaction', (sql) => {
  expect(statusAfter(sql, 'open')).toBe('none');
});

test.each([
  'select 1',
  '-- commit',
  '-- commit\nselect 1',
  '/* begin */ select 1',
  '/* commit',
  'rollback to savepoint mine',
  'rollback work to mine',
  'release savepoint mine',
  'prepare one as select 1',
  'commitment',
  '',
  '-',
])('%j changes nothing', (sql) => {
  expect([statusAfter(sql, 'open'), statusAfter(sql, 'none')]).toEqual(['open', 'none']);
});

test.each([' ', ';', '--', '-- x\n', '/*', '/**/', '*/', "'", '\n', 'begin '])(
  'security: a megabyte of %j is read in linear time',
  (unit) => {
    const text = unit.repeat(1_000_000 / unit.length);
    // Of the processor and not of the clock: some milliseconds; what is quadratic takes minutes.
    const before = process.cpuUsage();
    for (const sql of [text, `/*${text}`, `--${text}`, `${text}commit`]) statusAfter(sql, 'none');
    expect(process.cpuUsage(before).user / 1_000).toBeLessThan(5_000);
  },
);
