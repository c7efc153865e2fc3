import { expect, test } from 'vitest';
import { until, usePostgres } from '../test/pool-fixture.ts';
import { end, startUnattended } from '../test/start-unattended.ts';

const db = usePostgres();

/** States of the backends of a program, joined. What its pool asks for itself when it connects is none of its work. */
async function statesOf(name: string): Promise<string> {
  const rows = await db.sql(
    `select case when state = 'active' and query not like '%pg_sleep%' then 'opening' else state end as state
      from pg_stat_activity where starts_with(application_name, $1)`,
    [name],
  );
  return rows.map(({ state }) => state).join();
}

const untilState = (name: string, state: string): Promise<void> =>
  until(`${name} is ${state || 'gone'}`, async () => (await statesOf(name)) === state, 15_000);

test('the server ends the transaction of a process that is stopped, and its locks are free', async () => {
  await db.sql('create table held (n int)');
  const options = { connectionString: db.url, application_name: 'stopped' };
  const child = startUnattended('holds a transaction', options);
  await untilState('stopped', 'idle in transaction');
  child.kill('SIGSTOP');
  await untilState('stopped', '');
  await db.sql('begin; lock table held nowait; commit');
  expect(child.signalCode).toBeNull();
});

test.each([
  [1_000, 'stops within seconds'],
  [0, 'runs on without the check'],
])('a query whose process was killed: with connectionCheckMs %i it %s', async (connectionCheckMs) => {
  const name = `killed-${connectionCheckMs}`;
  const options = { connectionString: db.url, application_name: name, connectionCheckMs };
  const child = startUnattended('runs a query', options);
  await untilState(name, 'active');
  await end(child);
  if (connectionCheckMs > 0) return untilState(name, '');
  expect(await statesOf(name)).toBe('active');
  await db.sql(
    'select pg_terminate_backend(pid) from pg_stat_activity where starts_with(application_name, $1)',
    [name],
  );
  return untilState(name, '');
});

test('an interval that somebody has chosen stays', async () => {
  const pool = db.makePool({
    onConnect: (client) => void client.query(`set client_connection_check_interval = '7s'`),
  });
  const { rows } = await pool.query('show client_connection_check_interval');
  expect(rows).toEqual([{ client_connection_check_interval: '7s' }]);
});
