import process from 'node:process';
import { expect, test } from 'vitest';
import { isBegin } from './transaction-statement.ts';
import { altersSession } from './session-state.ts';

test.each([
  "set app.tenant = 'acme'",
  ' SET session characteristics as transaction read only',
  '/* request 7 */ set role reader',
  '-- for reports\nset search_path to reports',
  'select 1; set statement_timeout = 0',
  "select set_config('app.tenant', $1, false)",
  'reset all',
  'listen jobs',
  "load 'auto_explain'",
  'create temp table seen (id int)',
  'create or replace temporary view v as select 1',
  'create local temp table t (id int)',
  'select id into temp seen from orders',
  'prepare find as select 1',
  'declare c cursor with hold for select 1',
  'select pg_advisory_lock(7)',
  'select pg_try_advisory_lock_shared(7)',
])('%s leaves something behind', (sql) => expect(altersSession(sql)).toBe(true));

test.each([
  undefined,
  '',
  'select 1',
  'update orders\nset total = 1 where id = 2',
  'insert into t values (1) on conflict (id) do update set n = 1',
  'set local statement_timeout = 5',
  'set transaction isolation level serializable',
  'set constraints all deferred',
  "select set_config('app.tenant', $1, true)",
  'select pg_advisory_xact_lock(7)',
  "prepare transaction 'x'",
  'alter table t alter column n set default 1',
  'create table temporary_files (id int)',
  'notify jobs',
])('%s does not', (sql) => expect(altersSession(sql)).toBe(false));

test.each(['/* ', '--', ';', ' ', '; ', 'set', 'set_config(', 'set (', 'with ', 'into '])(
  'security: a megabyte of %j is read in linear time',
  (unit) => {
    const text = unit.repeat(1_000_000 / unit.length);
    // Of the processor and not of the clock; two hundred times, so that what is quadratic takes long.
    const before = process.cpuUsage();
    for (let time = 0; time < 200; time += 1) {
      altersSession(`set ${text}`);
      isBegin(`/*${text}`);
      isBegin(text.slice(0, 1_990));
    }
    expect(process.cpuUsage(before).user / 1_000).toBeLessThan(5_000);
  },
);
