import type { AccessMode } from 'kysely';
import { expect, test } from 'vitest';
import { overFake } from '../test-support/managed.ts';
import { managedTransaction } from './managed-transaction.ts';

test('asking for a stronger isolation level inside is refused', async () => {
  const { db } = overFake();
  const run = managedTransaction(db, (trx) =>
    managedTransaction(trx, { isolationLevel: 'serializable' }, () => 1),
  );
  await expect(run).rejects.toMatchObject({ code: 'LG_UNSUPPORTED' });
});

test('asking to be read only inside is refused where the transaction is not', async () => {
  const { db } = overFake();
  const reading = (accessMode?: AccessMode) =>
    managedTransaction(db, accessMode === undefined ? {} : { accessMode }, (trx) =>
      managedTransaction(trx, { accessMode: 'read only' }, () => 1),
    );
  await expect(reading()).rejects.toMatchObject({ code: 'LG_UNSUPPORTED' });
  await expect(reading('read write')).rejects.toMatchObject({ code: 'LG_UNSUPPORTED' });
  await expect(reading('read only')).resolves.toBe(1);
});
