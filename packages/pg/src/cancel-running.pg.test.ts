import { Session } from '@lifeguard/core';
import type { LeaseRecord } from '@lifeguard/core';
import { describe, expect, it } from 'vitest';
import { rejectionOf, until, usePostgres } from '../test/pool-fixture.ts';

const database = usePostgres();

/** As an adapter comes to the record of a lease that a library has taken. */
class Noting extends Session {
  record: LeaseRecord | undefined;

  override attach(record: LeaseRecord): void {
    super.attach(record);
    this.record = record;
  }
}

describe('what a lease runs', () => {
  it('can be cancelled by who knows its record, and the client goes on', async () => {
    const pool = database.makePool();
    const session = new Noting({}, undefined);
    const client = await session.run(() => pool.connect());
    const record = session.record as LeaseRecord;
    const running = rejectionOf(client.query('select pg_sleep(30)'));
    await until('it runs', () => record.queryRunning);
    await pool.cancelQuery(record);
    expect(await running).toMatchObject({ code: '57014' });
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    client.release();
    session.end();
  });

  it('is left alone when it is nothing, when the lease is over, or when it is another pool’s', async () => {
    const pool = database.makePool();
    const other = database.makePool();
    const session = new Noting({}, undefined);
    const client = await session.run(() => pool.connect());
    const record = session.record as LeaseRecord;
    await pool.cancelQuery(record);
    const running = client.query('select pg_sleep(0.1)');
    await other.cancelQuery(record);
    await running;
    client.release();
    await pool.cancelQuery(record);
    session.end();
  });
});
