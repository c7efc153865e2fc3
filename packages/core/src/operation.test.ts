import { describe, expect, it } from 'vitest';
import { makePool } from '../test/pool-fixture.ts';
import { runOperation } from './operation.ts';
import { Session, currentSession } from './session.ts';

describe('an operation of a data layer', () => {
  it('gives its label, and the place where it was asked for, to what is acquired in it', async () => {
    const { pool } = makePool();
    const stack = askedFor();
    const lease = await runOperation({ label: 'User.findMany', stack }, () => pool.acquire());
    expect(lease.record.label).toBe('User.findMany');
    expect(lease.record.site()?.functionName).toBe('askedFor');
    lease.release();
  });

  it('leaves a label that the acquire has itself, and what is acquired after it', async () => {
    const { pool } = makePool();
    const operation = { label: 'User.findMany', stack: undefined };
    const own = await runOperation(operation, () => pool.acquire({ label: 'own' }));
    const after = await pool.acquire();
    expect([own.record.label, after.record.label]).toEqual(['own', undefined]);
    own.release();
    after.release();
  });

  it('is over where the next block begins, and leaves the session around', async () => {
    const { pool, clock } = makePool();
    const session = new Session({ clock }, undefined);
    const lease = await session.run(() =>
      runOperation({ label: 'User.findMany', stack: undefined }, () => {
        expect(currentSession()).toBe(session);
        return session.run(() => pool.acquire());
      }),
    );
    expect(lease.record.label).toBeUndefined();
    lease.release();
    session.end();
  });

  it('starts lazy work inside itself', async () => {
    const { pool } = makePool();
    const lazy = { then: (resolve: (label: unknown) => void) => void pool.acquire().then(resolve) };
    const work = (): Promise<Awaited<ReturnType<typeof pool.acquire>>> => lazy as never;
    const lease = await runOperation({ label: 'User.count', stack: undefined }, work);
    expect(lease.record.label).toBe('User.count');
    lease.release();
  });
});

function askedFor(): Error {
  return new Error('asked here');
}
