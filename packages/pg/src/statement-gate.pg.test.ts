import { LeaseReleasedError, Session } from '@lifeguard/core';
import type { LeaseRecord } from '@lifeguard/core';
import { expect, test } from 'vitest';
import { rejectionOf, usePostgres } from '../test/pool-fixture.ts';

const db = usePostgres();

test('a session is asked before each statement on its leases, and told of each that fails', async () => {
  const pool = db.makePool({ max: 2 });
  const session = new Session({}, undefined);
  const asked: LeaseRecord[] = [];
  const failed: [record: LeaseRecord, message: string, transaction: string][] = [];
  let refusal: Error | undefined;
  session.statements = {
    refusal: (record) => (asked.push(record), refusal),
    failed: (record, error) => failed.push([record, error.message, record.transaction]),
  };
  await using other = await pool.lease();
  await using lease = await session.run(() => pool.lease());
  const { record } = lease;
  await other.query('select 1');
  await lease.query('begin');
  await rejectionOf(lease.query('select 1 / 0'));
  await rejectionOf(lease.query('select 1'));
  expect(asked).toEqual([record, record, record]);
  expect(failed.map(([of, , transaction]) => [of, transaction])).toEqual([
    [record, 'open'],
    [record, 'failed'],
  ]);
  expect(failed[0]?.[1]).toContain('zero');
  refusal = new LeaseReleasedError({ summary: 'not now', rows: [] });
  expect(await rejectionOf(lease.query('rollback'))).toBe(refusal);
  refusal = undefined;
  await lease.query('rollback');
  session.end();
});
