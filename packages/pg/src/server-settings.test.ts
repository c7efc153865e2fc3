import { expect, test } from 'vitest';
import { readDuration, readServerSettings } from './server-settings.ts';
import type { ServerSettings, SettingsWanted } from './server-settings.ts';

/** What is sent, and what is made of the answer. */
async function read(
  row: Record<string, unknown>,
  wanted: SettingsWanted = { limits: true, connectionCheckMs: 1_000 },
): Promise<ServerSettings & { sql: string }> {
  let sql = '';
  const send = (text: string): Promise<unknown> => {
    sql = text;
    return Promise.resolve({ rows: [row] });
  };
  const settings = await readServerSettings(send, 4711, wanted);
  return { ...settings, sql };
}

test('limits that the server does not know, or shows in another way, are left out', async () => {
  const row = {
    statement_timeout: '2min',
    idle_in_transaction_session_timeout: '00:01:00',
    transaction_timeout: null,
  };
  expect((await read(row)).limits).toEqual({ statement_timeout: 120_000 });
});

test('the check is set on a direct connection only, and only when it is wanted', async () => {
  const { sql } = await read({});
  expect(sql).toContain('pg_backend_pid() = 4711');
  expect(sql).toContain(`set_config('client_connection_check_interval', '1000', false)`);
  expect((await read({}, { limits: true, connectionCheckMs: 0 })).sql).not.toContain('set_config');
  expect((await read({}, { limits: false, connectionCheckMs: 5 })).sql).not.toContain('transaction_timeout');
});

test('where the connection is said to be direct, the check is set without a look at the backend', async () => {
  const { sql } = await read({}, { limits: false, connectionCheckMs: 1_000, isDirect: true });
  expect(sql).toContain('case when true and');
});

test.each([
  [true, false],
  ['t', false],
  [false, true],
  // As a client of one's own may leave it: unparsed.
  ['f', true],
  [undefined, false],
])(
  'a backend that answers "this is my own number: %s" is behind a pooler: %s',
  async (isDirect, behindPooler) =>
    expect((await read({ is_direct: isDirect })).behindPooler).toBe(behindPooler),
);

test.each([
  ['0', 0],
  ['20', 20],
  ['1500ms', 1_500],
  ['30s', 30_000],
  ['90min', 5_400_000],
  ['36h', 129_600_000],
  ['2d', 172_800_000],
  ['1.5s', undefined],
  ['-1', undefined],
  ['', undefined],
  [null, undefined],
])('the duration %j is %j ms', (text, limitMs) => expect(readDuration(text)).toBe(limitMs));
