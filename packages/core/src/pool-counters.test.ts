import { describe, expect, it } from 'vitest';
import { makePool, watch } from '../test/pool-fixture.ts';
import { Session } from './session.ts';
import { FakeConnector, settle } from './testing/index.ts';

describe('a session that is ended at its limit', () => {
  it('is counted once, whatever it holds and waits for, and whatever is nested in it', async () => {
    const { pool, clock } = makePool({ size: 2 });
    const outer = new Session({ clock, timeoutMs: 100 }, undefined);
    const inner = new Session({ clock, timeoutMs: 1_000_000, name: 'inner' }, outer);
    await outer.run(() => pool.acquire());
    await inner.run(() => pool.acquire());
    const waiting = watch(inner.run(() => pool.acquire()));
    await clock.advance(100);
    expect(waiting.error).toMatchObject({ code: 'LG_SESSION_TIMEOUT' });
    expect(pool.snapshot().counters).toMatchObject({ sessionTimeouts: 1, revoked: 2, aborted: 1 });
  });

  it('is counted where it only waited, and not where it had nothing to do with the pool', async () => {
    const { pool, clock, take } = makePool({ size: 1 });
    const elsewhere = makePool({}, undefined, clock).pool;
    await take(1);
    const session = new Session({ clock, timeoutMs: 100 }, undefined);
    const waiting = watch(session.run(() => pool.acquire()));
    await clock.advance(100);
    expect(waiting.status).toBe('rejected');
    expect(pool.snapshot().counters).toMatchObject({ sessionTimeouts: 1, aborted: 1 });
    expect(elsewhere.snapshot().counters.sessionTimeouts).toBe(0);
    // What comes after its end is only refused.
    const late = watch(session.run(() => pool.acquire()));
    await settle();
    expect(late.error).toMatchObject({ code: 'LG_SESSION_TIMEOUT' });
    expect(pool.snapshot().counters).toMatchObject({ sessionTimeouts: 1 });
  });

  it('is not counted when it is aborted before', async () => {
    const { pool, clock } = makePool();
    const session = new Session({ clock, timeoutMs: 100 }, undefined);
    await session.run(() => pool.acquire());
    session.abort(new Error('cancelled'));
    expect(pool.snapshot().counters).toMatchObject({ sessionTimeouts: 0, revoked: 1 });
  });
});

describe('a request to cancel', () => {
  it('is counted when the connector says that it was sent', async () => {
    const connector = new FakeConnector();
    const connect = connector.connect.bind(connector);
    let tell: (() => void) | undefined;
    connector.connect = (context) => {
      tell = context.onCancelSent;
      return connect(context);
    };
    const { pool } = makePool({}, connector);
    await pool.acquire();
    expect(pool.snapshot().counters.cancels).toBe(0);
    tell?.();
    expect(pool.snapshot().counters.cancels).toBe(1);
  });
});
