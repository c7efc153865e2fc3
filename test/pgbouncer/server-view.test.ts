import { factsOf, serverView, serverViewOf } from '@lifeguard/pg';
import pg from 'pg';
import { expect, test } from 'vitest';
import { describeWith } from '../support/describe-with.ts';
import { usePgBouncer } from '../support/use-pgbouncer.ts';
import { until } from '../support/until.ts';

describeWith('pgbouncer', 'the view of a server behind PgBouncer', () => {
  const behind = usePgBouncer({ poolSize: 2 });
  const database = (): string => new URL(behind.directUrl).pathname.slice(1);

  test('without the console it sees the backends of the pooler, and says what to pass', async () => {
    const pool = behind.makePool({ max: 2 });
    const view = await serverView(pool);
    expect(view).toMatchObject({ behindPooler: true, pooler: undefined, instances: 0, orphans: [] });
    expect(view.counts.ours).toBe(0);
    expect(view.counts.total).toBeGreaterThan(0);
    expect(view.backends.length).toBeGreaterThan(0);
    for (const { isOurs, leaseId } of view.backends) expect([isOurs, leaseId]).toEqual([false, undefined]);
    expect(view.missing).toEqual([
      expect.stringContaining('a pooler stands in between'),
      expect.stringContaining('pass adminUrl'),
    ]);
    expect(factsOf(view)).toMatchObject({ ours: 0, orphans: 0, blocked: 0 });
  });

  test('with the console it sees who waits there', async () => {
    const clients = await Promise.all(
      Array.from({ length: 2 }, async () => {
        const client = new pg.Client(behind.pooler.url);
        await client.connect();
        return client;
      }),
    );
    const [holder, waiting] = clients as [pg.Client, pg.Client];
    const pool = behind.makePool({ max: 1 });
    await holder.query('begin');
    const view = await serverView(pool, { adminUrl: behind.pooler.adminUrl });
    expect(view.missing).toEqual([expect.stringContaining('a pooler stands in between')]);
    expect(view.pooler).toMatchObject({ poolSize: 2, maxClients: 200 });
    const own = view.pooler?.pools.find((each) => each.database === database());
    expect(own).toMatchObject({ mode: 'transaction', serversActive: expect.any(Number), clientsWaiting: 0 });
    await pool.use(async (lease) => {
      await lease.query('begin');
      const served = waiting.query('select 1');
      // Past the pooler the server answers, though all backends of the pooler are taken.
      await until('a client waits', async () => {
        const { pooler } = await serverViewOf(behind.directUrl, { adminUrl: behind.pooler.adminUrl });
        return pooler?.pools.find((each) => each.database === database())?.clientsWaiting === 1;
      });
      await lease.query('rollback');
      await served;
    });
    await holder.query('rollback');
    await Promise.all(clients.map((client) => client.end()));
  });

  test('without a pool a pooler is found as well, and no client of ours stays at it', async () => {
    const view = await serverViewOf(behind.pooler.url, { adminUrl: behind.pooler.adminUrl });
    expect(view.behindPooler).toBe(true);
    expect(view.pooler?.pools.length).toBeGreaterThan(0);
    const { password } = new URL(behind.pooler.url);
    if (password !== '') expect(JSON.stringify(view)).not.toContain(password);
    await until('they have gone', async () => (await behind.pooler.admin('show clients')).length === 1);
  });
});
