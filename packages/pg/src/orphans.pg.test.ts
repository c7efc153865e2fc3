import { randomBytes } from 'node:crypto';
import process from 'node:process';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { rejectionOf, until, usePostgres } from '../test/pool-fixture.ts';
import { end, startUnattended } from '../test/start-unattended.ts';
import { findOrphans, terminateOrphans } from './orphans.ts';
import { THIS_PROCESS, bootOf, formatTag } from './process-tag.ts';
import type { Orphan } from './read-orphans.ts';

const db = usePostgres();

/** A process of this machine that runs: whoever started this one. */
const running = { pid: process.ppid, boot: bootOf(process.ppid) ?? '00000000' };

/** A backend that bears a tag. */
async function backendOf(tag: Partial<typeof THIS_PROCESS>, options: object = {}): Promise<pg.Client> {
  const application_name = `other ${formatTag({ ...THIS_PROCESS, ...tag })}`;
  const client = new pg.Client({ connectionString: db.url, application_name, ...options });
  client.on('error', () => undefined);
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

const isAlive = async (pid: number | undefined): Promise<boolean> =>
  (await db.sql('select 1 from pg_stat_activity where pid = $1', [pid])).length > 0;

const idOf = (client: pg.Client): number => (client as unknown as { processID: number }).processID;

test('a pid that runs again is another boot: what its former process has left is dead', async () => {
  const pool = db.makePool({ max: 1 });
  const left = await backendOf({ pid: process.ppid, boot: '00000000' });
  const found = await findOrphans(pool);
  expect(found.map(({ pid, verdict }) => [pid, verdict])).toEqual([[idOf(left), 'dead']]);
});

test('what a killed process has left running is found as dead, and ended when asked', async () => {
  const options = { connectionString: db.url, application_name: 'left', connectionCheckMs: 0 };
  const child = startUnattended('runs a query', options);
  const pool = db.makePool({ max: 2 });
  await until(
    'it runs',
    async () =>
      (
        await db.sql(
          `select 1 from pg_stat_activity where application_name like 'left %' and state = 'active'`,
        )
      ).length === 1,
  );
  expect(await findOrphans(pool)).toEqual([]);
  await end(child);
  const orphans = await findOrphans(pool);
  expect(orphans).toEqual([
    {
      pid: expect.any(Number),
      backendStart: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
      applicationName: expect.stringMatching(/^left lg:/),
      state: 'active',
      inStateMs: expect.any(Number),
      query: 'select pg_sleep(?)',
      verdict: 'dead',
    },
  ]);
  expect(Object.isFrozen(orphans) && Object.isFrozen(orphans[0])).toBe(true);
  expect(await terminateOrphans(pool, orphans)).toEqual([{ orphan: orphans[0], end: 'terminated' }]);
  await until('it is gone', async () => !(await isAlive(orphans[0]?.pid)));
  expect(await terminateOrphans(pool, orphans)).toEqual([{ orphan: orphans[0], end: 'gone' }]);
  expect(await findOrphans(pool)).toEqual([]);
});

test('our own connections are no orphans, also of another pool', async () => {
  const [one, other] = [db.makePool({ max: 2 }), db.makePool({ max: 1 })];
  await using _held = await other.lease();
  await using _also = await one.lease();
  expect(await findOrphans(one)).toEqual([]);
});

test('a process that had our pid before us is dead; what runs elsewhere is unknown', async () => {
  const before = await backendOf({ boot: '00000000' });
  const elsewhere = await backendOf({ machine: '0000000000', boot: '00000000' });
  await backendOf(running);
  const pool = db.makePool({ max: 1 });
  const found = (await findOrphans(pool)).map(({ pid, verdict }) => [pid, verdict]);
  expect(found).toEqual([
    [idOf(before), 'dead'],
    [idOf(elsewhere), 'unknown'],
  ]);
});

test('a backend of another database is not listed', async () => {
  const url = new URL(db.url);
  url.pathname = '/postgres';
  const other = await backendOf({ boot: '00000000' }, { connectionString: url.href });
  const orphans = await findOrphans(db.makePool({ max: 1 }));
  expect(orphans.map(({ pid }) => pid)).not.toContain(idOf(other));
});

test.each([
  [
    'began at another microsecond',
    ({ backendStart }: Orphan) => ({ backendStart: nextMicrosecond(backendStart) }),
  ],
  ['bears another name', ({ applicationName }: Orphan) => ({ applicationName: `x ${applicationName}` })],
])('a backend that %s is not the one that was found', async (_difference, change) => {
  const client = await backendOf({ boot: '00000000' });
  const pool = db.makePool({ max: 1 });
  const [found] = await findOrphans(pool);
  const orphan = { ...(found as Orphan), ...change(found as Orphan) };
  expect(await terminateOrphans(pool, [orphan])).toEqual([{ orphan, end: 'gone' }]);
  expect(await isAlive(idOf(client))).toBe(true);
});

function nextMicrosecond(instant: string): string {
  const micros = Number(instant.slice(-7, -1));
  return `${instant.slice(0, -7)}${String((micros + 1) % 1_000_000).padStart(6, '0')}Z`;
}

test('the pool itself ends those that are certainly dead, and no other', async () => {
  const dead = await backendOf({ boot: '00000000' });
  const unknown = await backendOf({ machine: '0000000000', boot: '00000000' });
  const pool = db.makePool({ max: 1 });
  expect(await pool.terminateOrphans()).toBe(1);
  await until('it is gone', async () => !(await isAlive(idOf(dead))));
  expect(await isAlive(idOf(unknown))).toBe(true);
});

test('of which nothing is known is ended only by who says so', async () => {
  const client = await backendOf({ machine: '0000000000', boot: '00000000' });
  const pool = db.makePool({ max: 1 });
  const orphans = await findOrphans(pool);
  const error = await rejectionOf(terminateOrphans(pool, orphans));
  expect(error.code).toBe('LG_INVALID_OPTION');
  expect(error.message).toContain('includeUnknown');
  expect(await isAlive(idOf(client))).toBe(true);
  const [ended] = await terminateOrphans(pool, orphans, { includeUnknown: true });
  expect(ended?.end).toBe('terminated');
  await until('it is gone', async () => !(await isAlive(idOf(client))));
});

test.each([
  ['of this process', formatTag(THIS_PROCESS)],
  ['of a process that runs', formatTag({ ...THIS_PROCESS, ...running })],
  ['without a tag', 'psql'],
])('a backend %s is never ended, whatever it is called', async (_whose, applicationName) => {
  const pool = db.makePool({ max: 1 });
  const dead = await backendOf({ boot: '00000000' });
  const [found] = await findOrphans(pool);
  const forged: Orphan = { ...(found as Orphan), applicationName, verdict: 'dead' };
  const refused = terminateOrphans(pool, [found as Orphan, forged], { includeUnknown: true });
  expect((await rejectionOf(refused)).code).toBe('LG_INVALID_OPTION');
  expect(await isAlive(idOf(dead))).toBe(true);
});

test('what this user may not end is denied', async () => {
  const role = `orphans_${randomBytes(4).toString('hex')}`;
  await db.sql(`create role ${role} login password 'x'`);
  await db.sql(`revoke execute on function pg_terminate_backend(int, bigint) from public`);
  const url = new URL(db.url);
  url.username = role;
  url.password = 'x';
  try {
    await backendOf({ boot: '00000000' }, { connectionString: url.href });
    const pool = db.makePool({ max: 1, connectionString: url.href });
    const [ended] = await terminateOrphans(pool, await findOrphans(pool));
    expect(ended?.end).toBe('denied');
  } finally {
    await db.sql(`grant execute on function pg_terminate_backend(int, bigint) to public`);
    await db.sql(`drop role ${role}`);
  }
});
