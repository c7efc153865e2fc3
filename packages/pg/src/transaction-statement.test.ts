import { expect, test } from 'vitest';
import { isBegin, isFullRollback } from './transaction-statement.ts';

test.each([
  'begin',
  'BEGIN;',
  ' begin work ',
  'begin transaction',
  'start transaction',
  'START TRANSACTION;\n',
  'begin isolation level serializable',
  'start transaction isolation level repeatable read, read only',
  'begin isolation level read committed read write not deferrable',
  'begin transaction isolation level serializable,read only , deferrable',
  "begin /* traceparent='00-4bf9' */",
  '-- the first line\nbegin -- and the last',
])('%j begins a transaction', (sql) => expect([isBegin(sql), isFullRollback(sql)]).toEqual([true, false]));

test.each([
  undefined,
  '',
  'begin; select 1',
  'begin; set local statement_timeout = 1',
  'begin isolation level chaos',
  'begin /* never closed',
  '/* a /* nested */ one */ begin',
  "begin 'x'",
  'beginning',
  'start',
  'begin work transaction',
  'select 1 -- begin',
  'savepoint a',
  'prepare transaction $$begin$$',
  `begin ${'/* long */'.repeat(300)}`,
])('%j is not a lone BEGIN', (sql) => expect(isBegin(sql)).toBe(false));

test.each([
  'rollback',
  'ROLLBACK;',
  ' rollback work ',
  'Rollback Transaction',
  'abort',
  'ABORT WORK;\n',
  'rollback and no chain',
  'rollback work and no chain;',
  "ROLLBACK /* traceparent='00-4bf9' */",
  '/* a */ -- b\nrollback -- c',
  '-- why\r\nrollback;',
])('%j ends the whole transaction', (sql) =>
  expect([isBegin(sql), isFullRollback(sql)]).toEqual([false, true]),
);

test.each([
  undefined,
  '',
  'commit',
  'rollback to savepoint a',
  'rollback to a',
  'rollback work to savepoint a',
  'rollback /* all */ to a',
  "rollback prepared 'x'",
  "rollback prepared '--x'",
  'rollback; drop table orders',
  'rollback; select 1',
  'rollback and chain',
  'rollback work and chain',
  'abort transaction and chain',
  'rollback -- and no chain\nand chain',
  'rollback /* never closed',
  '-- rollback',
  '/* rollback */',
  '-- rollback\ncommit',
  "rollback 'to'",
])('%j does not', (sql) => expect(isFullRollback(sql)).toBe(false));
