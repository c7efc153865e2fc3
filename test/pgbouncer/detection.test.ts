import { findOrphans, LifeguardPool, terminateOrphans } from '@lifeguard/pg';
import { expect, test } from 'vitest';
import { describeWith } from '../support/describe-with.ts';
import { usePgBouncer } from '../support/use-pgbouncer.ts';

/** What the backend that answers is called, and how it looks for its client. */
const FACTS = `select current_setting('application_name') as name,
  current_setting('client_connection_check_interval') as check, pg_backend_pid() as pid`;

describeWith('pgbouncer', 'behind PgBouncer in transaction mode', () => {
  const behind = usePgBouncer({ poolSize: 3 });

  test('a pool knows it from its first connection, and what is no pid is not shown as one', async () => {
    const pool = behind.makePool();
    expect(pool.behindPooler).toBeUndefined();
    expect(pool.snapshot().facts).toEqual({});
    await pool.use(() => expect(pool.snapshot().leases[0]?.backendPid).toBeUndefined());
    expect(pool.behindPooler).toBe(true);
    expect(pool.snapshot().facts).toMatchObject({ behindPooler: true });
  });

  test('a direct connection is known for one, and so is a pool that may not ask', async () => {
    await using direct = new LifeguardPool({ connectionString: behind.directUrl });
    await direct.query('select 1');
    expect(direct.behindPooler).toBe(false);
    const silent = behind.makePool({ serverLimits: false, connectionCheckMs: 0 });
    await silent.query('select 1');
    expect(silent.behindPooler).toBeUndefined();
    expect(behind.makePool({ pooler: 'transaction' }).behindPooler).toBe(true);
  });

  test('nothing is set for the backend session, and the name of the process leaves with the first lease', async () => {
    const pool = behind.makePool({ max: 1, application_name: 'shop' });
    await pool.query('select 1');
    for (let round = 0; round < 3; round += 1) {
      const { rows } = await pool.query(FACTS);
      expect(rows[0]).toMatchObject({ name: 'shop', check: '0' });
    }
    expect(pool.snapshot().counters.connected).toBe(2);
    const declared = behind.makePool({ max: 1, application_name: 'shop', pooler: 'transaction' });
    expect((await declared.query(FACTS)).rows[0]).toMatchObject({ name: 'shop', check: '0' });
    await declared.query('select 1');
    expect(declared.snapshot().counters.connected).toBe(1);
  });

  test('a client without a name does not pass for the process that had its backend before', async () => {
    const tagged = behind.makePool({ max: 1 });
    const pid = await tagged.use(async (lease) => {
      const { rows } = await lease.query<{ name: string; pid: number }>(FACTS);
      expect(rows[0]?.name).toMatch(/^lg:/);
      return rows[0]?.pid;
    });
    // PgBouncer gives the backend that was used last.
    const { rows } = await behind.makePool({ max: 1, pooler: 'transaction' }).query(FACTS);
    expect(rows[0]).toMatchObject({ name: 'lifeguard', pid });
  });

  test('backends that others use are neither listed as orphans nor ended', async () => {
    const orphan = { pid: 1, backendStart: '', applicationName: 'lg:0000000000.1.00000000' } as never;
    for (const options of [{}, { serverLimits: false, connectionCheckMs: 0 }]) {
      const pool = behind.makePool(options);
      await expect(findOrphans(pool)).rejects.toMatchObject({ code: 'LG_UNSUPPORTED' });
      await expect(terminateOrphans(pool, [orphan], { includeUnknown: true })).rejects.toMatchObject({
        code: 'LG_UNSUPPORTED',
      });
    }
    await using direct = new LifeguardPool({
      connectionString: behind.directUrl,
      serverLimits: false,
      connectionCheckMs: 0,
    });
    expect(await findOrphans(direct)).toEqual([]);
  });
});

describeWith('pgbouncer', 'behind PgBouncer in session mode', () => {
  const behind = usePgBouncer({ poolMode: 'session', poolSize: 3 });

  test('it counts as a pooler, unless somebody says that it is none to us', async () => {
    const pool = behind.makePool();
    await pool.query('select 1');
    expect(pool.behindPooler).toBe(true);
    expect((await pool.query(FACTS)).rows[0]).toMatchObject({ check: '0' });

    const trusted = behind.makePool({ max: 1, pooler: 'none' });
    const { rows } = await trusted.query<{ name: string }>(FACTS);
    expect(trusted.behindPooler).toBe(false);
    expect(rows[0]).toMatchObject({ check: '1s' });
    expect(rows[0]?.name).toMatch(/^lg:/);
    expect(trusted.snapshot().counters.connected).toBe(1);
  });

  test('what was set for a session is gone when the next client has the backend', async () => {
    const first = new LifeguardPool({ connectionString: behind.pooler.url, max: 1, pooler: 'none' });
    await first.query("set statement_timeout = '7s'");
    const { pid } = (await first.query(FACTS)).rows[0] as { pid: number };
    await first.close();
    const second = behind.makePool({ max: 3, pooler: 'none', connectionCheckMs: 0 });
    const [row] = (await second.query(`${FACTS}, current_setting('statement_timeout') as timeout`)).rows;
    expect(row).toMatchObject({ pid, check: '0', timeout: '0' });
  });
});
