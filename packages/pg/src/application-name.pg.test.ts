import process from 'node:process';
import { expect, onTestFinished, test } from 'vitest';
import { only, until, usePostgres } from '../test/pool-fixture.ts';
import { tagged } from './application-name.ts';
import type { LifeguardPoolOptions } from './pool-config.ts';
import { THIS_PROCESS, formatTag, readTag } from './process-tag.ts';

const db = usePostgres();
const TAG = formatTag(THIS_PROCESS);

/** What the server shows of a connection. */
async function shownName(options: LifeguardPoolOptions): Promise<string> {
  const pool = db.makePool({ max: 1, ...options });
  const name = only<string>(
    (await pool.query('select application_name from pg_stat_activity where pid = pg_backend_pid()')).rows,
    'application_name',
  );
  await pool.close();
  return name;
}

function inUrl(name: string, value: string): string {
  const url = new URL(db.url);
  url.searchParams.set(name, value);
  return url.href;
}

test('the name that the application gave stays in front, wherever it gave it', async () => {
  expect(await shownName({ application_name: 'orders' })).toBe(`orders ${TAG}`);
  const nameless = { application_name: undefined };
  expect(await shownName({ ...nameless, connectionString: inUrl('application_name', 'by-url') })).toBe(
    `by-url ${TAG}`,
  );
  expect(await shownName({ ...nameless, fallback_application_name: 'fallback' })).toBe(`fallback ${TAG}`);
  process.env['PGAPPNAME'] = 'by-environment';
  onTestFinished(() => void delete process.env['PGAPPNAME']);
  expect(await shownName(nameless)).toBe(`by-environment ${TAG}`);
});

test('without a name the tag stands alone; without the tag the name does', async () => {
  expect(await shownName({ application_name: undefined })).toBe(TAG);
  expect(await shownName({ application_name: 'orders', tagApplicationName: false })).toBe('orders');
});

test.each(['a'.repeat(63), 'ü'.repeat(63), `${'a'.repeat(29)}🛟🛟`, 'tab\tand\nline'])(
  'the server shows the whole tag behind the name %j',
  async (name) => {
    const shown = await shownName({ application_name: name });
    expect(Buffer.byteLength(shown)).toBeLessThanOrEqual(63);
    expect(readTag(shown)).toEqual(THIS_PROCESS);
    expect(tagged(name).isWellFormed()).toBe(true);
  },
);

test('the options keep the name that the application gave', async () => {
  const pool = db.makePool({ application_name: 'orders' });
  await pool.query('select 1');
  expect(pool.options).toMatchObject({ application_name: 'orders' });
  await pool.close();
  await until('it is gone', async () => (await db.backendsOf(pool)).length === 0);
});

test('security rule 5: a name cannot smuggle in another parameter of the connection', async () => {
  const { onConnect, seen } = collecting(
    "select current_setting('search_path'), current_setting('work_mem')",
  );
  await shownName({ application_name: 'orders', onConnect });
  const url = inUrl('application_name', 'orders\0search_path\0evil\0options\0-c work_mem=64kB');
  const smuggling = { application_name: undefined, connectionString: url, onConnect };
  await shownName(smuggling);
  await shownName({ ...smuggling, tagApplicationName: false });
  expect(seen).toHaveLength(3);
  for (const settings of seen.slice(1)) expect(settings).toEqual(seen[0]);
});

function collecting(sql: string) {
  const seen: unknown[] = [];
  const onConnect: LifeguardPoolOptions['onConnect'] = async (client) => {
    const { rows } = (await client.query(sql)) as { rows: unknown[] };
    seen.push(rows);
  };
  return { seen, onConnect };
}
