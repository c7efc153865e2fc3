import { describe, expect, it, vi } from 'vitest';
import { contextStorage } from './context-storage.ts';
import type { RevokeReason } from './errors.ts';
import { LeaseTracker } from './lease-tracker.ts';
import type { LeaseOwner } from './lease-record.ts';
import { resolvePoolOptions } from './resolve-pool-options.ts';
import { Session, currentSession } from './session.ts';
import type { SessionOptions } from './session.ts';
import { ManualClock } from './testing/index.ts';

describe('a session', () => {
  interface Taken {
    readonly session: Session;
    readonly revoked: [id: number, reason: RevokeReason, cause: unknown, aborted: boolean][];
    readonly clock: ManualClock;
    take(): void;
  }

  function begin(options: SessionOptions = {}): Taken {
    const clock = new ManualClock();
    const tracker = new LeaseTracker(
      resolvePoolOptions({ clock, monitorIntervalMs: 1_000_000, leakThresholdMs: 1_000_000 }),
    );
    const session = new Session({ clock, ...options }, undefined);
    const revoked: Taken['revoked'] = [];
    const owner: LeaseOwner = {
      revoke(record, reason, cause) {
        revoked.push([record.id, reason, cause, session.signal.aborted]);
        return tracker.close(record, { kind: 'released' });
      },
    };
    return {
      session,
      revoked,
      clock,
      take: () => void session.run(() => tracker.open(owner, tracker.origin())),
    };
  }

  it('that is cut off takes its leases back, and its signal has aborted before', async () => {
    const { session, revoked, clock, take } = begin({ timeoutMs: 1_000 });
    take();
    take();
    expect(session.openLeases).toBe(2);
    await clock.advance(1_000);
    const { reason } = session.signal;
    expect(revoked).toEqual([
      [1, 'session-timeout', reason, true],
      [2, 'session-timeout', reason, true],
    ]);
    expect(session.openLeases).toBe(0);
  });

  it('that is aborted says so to the owners of its leases, once', () => {
    const { session, revoked, take } = begin();
    take();
    const reason = new Error('cancelled');
    session.abort(reason);
    session.abort(new Error('again'));
    session.end();
    expect(revoked).toEqual([[1, 'session-aborted', reason, true]]);
    expect(session.state).toBe('aborted');
  });

  it('that ended leaves its leases open, and nothing can cut it off any more', async () => {
    const controller = new AbortController();
    const { session, revoked, clock, take } = begin({ timeoutMs: 1_000, signal: controller.signal });
    take();
    session.end();
    session.end();
    controller.abort();
    await clock.advance(5_000);
    expect([session.state, session.signal.aborted, session.openLeases, revoked]).toEqual([
      'ended',
      false,
      1,
      [],
    ]);
  });

  it('says in its timeout error what it holds and what that does', async () => {
    const { session, clock, take } = begin({ name: 'monthly report', timeoutMs: 90_000 });
    take();
    await clock.advance(90_000);
    const [first, you, ...rest] = (session.signal.reason as Error).message.split('\n');
    expect(first).toBe('session "monthly report" ended at its limit of 90s');
    expect(you).toContain('  you       packages/core/src/session.test.ts:');
    expect(rest).toEqual([
      '  holding   lease #1 for 90s, no query yet',
      '  fix       give long work its own limit (timeoutMs), or split it into several short sessions',
      '  more      npx -p @lifeguard/cli lifeguard explain LG_SESSION_TIMEOUT',
    ]);
  });

  it('without a name and without leases has a shorter error', async () => {
    const { session, clock } = begin({ timeoutMs: 500 });
    await clock.advance(500);
    const { message } = session.signal.reason as Error;
    expect(message.split('\n')).toHaveLength(4);
    expect(message).toContain('session ended at its limit of 500ms');
  });

  it('shows itself as data', async () => {
    const { session, clock } = begin({ name: 'import', tags: { tenant: '7' }, timeoutMs: 1_000 });
    await clock.advance(250);
    expect(session.view(clock.now())).toEqual({
      id: session.id,
      kind: 'session',
      name: 'import',
      tags: { tenant: '7' },
      traceId: undefined,
      ageMs: 250,
      timeoutMs: 1_000,
      endedMs: undefined,
    });
    expect(Object.isFrozen(session.view(0))).toBe(true);
    expect(session.view(0).ageMs).toBe(0);
    expect(session.trace).toBe(session.trace);
    session.end();
  });

  it.each([
    ['ended', undefined],
    ['was aborted from the start', AbortSignal.abort()],
  ])('that %s listens to no signal any more', (_, signal) => {
    const outer = new Session({ clock: new ManualClock() }, undefined);
    const added = vi.spyOn(outer.signal, 'addEventListener');
    const removed = vi.spyOn(outer.signal, 'removeEventListener');
    new Session({ clock: new ManualClock(), ...(signal && { signal }) }, outer).end();
    expect(removed.mock.calls.map(([, listener]) => listener)).toEqual(
      added.mock.calls.map(([, listener]) => listener),
    );
    expect(added).toHaveBeenCalledTimes(1);
    outer.end();
  });

  it('is the current one in what it runs, through the storage in use', () => {
    const session = new Session({ clock: new ManualClock() }, undefined);
    expect(session.run(() => [contextStorage().getStore()?.session, currentSession()])).toEqual([
      session,
      session,
    ]);
    session.end();
    expect(session.run(() => [contextStorage().getStore()?.session, currentSession()])).toEqual([
      session,
      undefined,
    ]);
  });
});
