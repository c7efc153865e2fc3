import { describe, expect, it } from 'vitest';
import { makePool, watch } from '../test/pool-fixture.ts';
import { beginScope, runScope } from './run-scope.ts';
import { runSession } from './run-session.ts';
import { Session, currentSession } from './session.ts';
import { ManualClock, settle } from './testing/index.ts';

const forever = (): Promise<never> => new Promise<never>(() => undefined);

describe('runSession', () => {
  it('resolves with what the function returns, and ends the session with it', async () => {
    const clock = new ManualClock();
    let session: Session | undefined;
    const result = await runSession({ clock }, (mine) => {
      session = mine;
      expect(currentSession()).toBe(mine);
      return 42;
    });
    expect(result).toBe(42);
    expect(session?.state).toBe('ended');
    expect(session?.signal.aborted).toBe(false);
    expect(clock.pendingTimers).toBe(0);
    expect(currentSession()).toBeUndefined();
  });

  it.each([
    [
      'throws',
      (error: Error): never => {
        throw error;
      },
    ],
    ['rejects', (error: Error) => Promise.reject(error)],
  ])('rejects with the very error that the function %s', async (_, fail) => {
    const error = new Error('no such order');
    let session: Session | undefined;
    const running = runSession({ clock: new ManualClock() }, (mine) => {
      session = mine;
      return fail(error);
    });
    await expect(running).rejects.toBe(error);
    expect(session?.state).toBe('ended');
  });

  it('rejects at the deadline although the function never returns', async () => {
    const clock = new ManualClock();
    let session: Session | undefined;
    const running = watch(
      runSession({ clock, name: 'import', timeoutMs: 5_000 }, (mine) => {
        session = mine;
        return forever();
      }),
    );
    await clock.advance(4_999);
    expect(running.status).toBe('pending');
    expect(session?.remainingMs).toBe(1);
    await clock.advance(1);
    expect(running.error).toMatchObject({
      code: 'LG_SESSION_TIMEOUT',
      sessionName: 'import',
      timeoutMs: 5_000,
    });
    expect(session?.state).toBe('expired');
    expect(session?.signal.reason).toBe(running.error);
  });

  it('drops what comes after the deadline, a late failure as well', async () => {
    const clock = new ManualClock();
    const work = Promise.withResolvers<string>();
    const running = watch(runSession({ clock, timeoutMs: 100 }, () => work.promise));
    await clock.advance(100);
    work.reject(new Error('too late'));
    await settle();
    expect(running.error).toMatchObject({ code: 'LG_SESSION_TIMEOUT' });
  });

  it('rejects with the reason of a signal that aborts, the very same object', async () => {
    const controller = new AbortController();
    const reason = { why: 'the client has gone' };
    const running = watch(runSession({ clock: new ManualClock(), signal: controller.signal }, forever));
    controller.abort(reason);
    await settle();
    expect(running.error).toBe(reason);
  });

  it('does not call the function when the signal has aborted before', async () => {
    let called = false;
    const signal = AbortSignal.abort('gone');
    const running = runSession({ clock: new ManualClock(), signal }, () => (called = true));
    await expect(running).rejects.toBe('gone');
    expect(called).toBe(false);
  });

  it('starts a lazy thenable inside the session', async () => {
    const seen: (Session | undefined)[] = [];
    // What Prisma, Drizzle and Knex return: nothing happens before it is awaited.
    const lazy = {
      then(resolve: (value: string) => void) {
        seen.push(currentSession());
        resolve('row');
      },
    };
    let session: Session | undefined;
    const result = await runSession({ clock: new ManualClock() }, (mine) => {
      session = mine;
      return lazy as unknown as Promise<string>;
    });
    expect(result).toBe('row');
    expect(seen).toEqual([session]);
  });

  it('keeps the session through awaits, and apart from one that runs beside it', async () => {
    const clock = new ManualClock();
    const see = async (name: string): Promise<string | undefined> =>
      runSession({ clock, name }, async () => {
        await Promise.resolve();
        await clock.advance(1);
        return currentSession()?.name;
      });
    expect(await Promise.all([see('a'), see('b')])).toEqual(['a', 'b']);
  });

  it.each([0, -1, NaN, -Infinity])('refuses a limit of %d', async (timeoutMs) => {
    const clock = new ManualClock();
    const refused = { code: 'LG_INVALID_OPTION' };
    await expect(runSession({ clock, timeoutMs }, () => 1)).rejects.toMatchObject(refused);
    expect(clock.pendingTimers).toBe(0);
  });

  it('can go without a limit, and ends after five minutes when none is named', async () => {
    const clock = new ManualClock();
    const limitless = watch(runSession({ clock, timeoutMs: Infinity }, forever));
    const common = watch(runSession({ clock }, forever));
    await clock.advance(299_999);
    expect(common.status).toBe('pending');
    await clock.advance(86_400_000);
    expect([limitless.status, common.status]).toEqual(['pending', 'rejected']);
  });
});

describe('a nested session', () => {
  it('takes what the outer one has left, when that is less', async () => {
    const clock = new ManualClock();
    await runSession({ clock, timeoutMs: 1_000 }, async () => {
      await clock.advance(400);
      await runSession({ clock, timeoutMs: 5_000 }, (inner) => expect(inner.remainingMs).toBe(600));
      await runSession({ clock, timeoutMs: 100 }, (inner) => expect(inner.remainingMs).toBe(100));
    });
  });

  it('goes by what is left also when the outer one goes by another clock', () => {
    const outer = new Session({ clock: new ManualClock(5), timeoutMs: 1_000 }, undefined);
    const inner = new Session({ clock: new ManualClock(9_000_000), timeoutMs: 60_000 }, outer);
    expect(inner.timeoutMs).toBe(1_000);
    outer.end();
    inner.end();
  });

  it('ends with the outer one, for the same reason', async () => {
    const clock = new ManualClock();
    const inner: Session[] = [];
    const running = watch(
      runSession({ clock, timeoutMs: 1_000, name: 'outer' }, () =>
        runSession({ clock, name: 'inner' }, (session) => {
          inner.push(session);
          return forever();
        }),
      ),
    );
    await clock.advance(1_000);
    expect(running.error).toMatchObject({ code: 'LG_SESSION_TIMEOUT', sessionName: 'outer' });
    expect(inner[0]?.state).toBe('aborted');
    expect(inner[0]?.signal.reason).toBe(running.error);
  });

  it('that was cut off leaves the outer one open', async () => {
    const clock = new ManualClock();
    await runSession({ clock, timeoutMs: 1_000 }, async (outer) => {
      const inner = watch(runSession({ clock, timeoutMs: 10 }, forever));
      await clock.advance(10);
      expect(inner.error).toMatchObject({ code: 'LG_SESSION_TIMEOUT' });
      expect([outer.state, currentSession()]).toEqual(['open', outer]);
    });
  });

  it('in an ended one counts for the one around that, and is not bound by the ended limit', async () => {
    const clock = new ManualClock();
    const outer = new Session({ clock, timeoutMs: 60_000 }, undefined);
    const background = Promise.withResolvers<Session | undefined>();
    const gate = Promise.withResolvers<void>();
    await outer.run(() =>
      runSession({ clock, timeoutMs: 100 }, () => {
        // Not awaited: it outlives the session that started it.
        void gate.promise.then(() => runSession({ clock, timeoutMs: 500 }, background.resolve));
      }),
    );
    await clock.advance(10_000);
    gate.resolve();
    const late = await background.promise;
    expect(late?.parent).toBe(outer);
    expect(late?.timeoutMs).toBe(500);
    outer.end();
  });

  it('in one that was cut off is refused with the same reason', async () => {
    const outer = new Session({ clock: new ManualClock() }, undefined);
    const reason = new Error('cancelled');
    outer.abort(reason);
    await expect(outer.run(() => runSession({ clock: new ManualClock() }, () => 1))).rejects.toBe(reason);
  });
});

describe('what outlives the scope it was begun in', () => {
  it('a lease is ended by the session around, however many scopes have ended in between', async () => {
    const { pool, clock } = makePool({ size: 1 });
    const outer = new Session({ clock, timeoutMs: 300 }, undefined);
    const lease = await outer.run(() =>
      runScope('step', {}, () => runScope('part of it', {}, async () => pool.acquire())),
    );
    expect([lease.isOpen, outer.openLeases]).toEqual([true, 1]);
    await clock.advance(305);
    expect(lease.record.state).toMatchObject({ kind: 'revoked', error: { reason: 'session-timeout' } });
  });

  it('a lease that is given back is forgotten by the session around', async () => {
    const { pool, clock } = makePool({ size: 1 });
    const outer = new Session({ clock }, undefined);
    const lease = await outer.run(() => runScope('step', {}, async () => pool.acquire()));
    lease.release();
    expect(outer.openLeases).toBe(0);
    outer.end();
  });

  it('a session is cut off with the session around', async () => {
    const clock = new ManualClock();
    const outer = new Session({ clock }, undefined);
    const scope = outer.run(() => beginScope('step'));
    const inner = watch(scope.run(() => runSession({ clock }, forever)));
    scope.end();
    outer.abort(new Error('the client is gone'));
    await settle();
    expect(inner.error).toMatchObject({ message: 'the client is gone' });
  });
});

describe('a wait that outlives the session it was begun in', () => {
  /** Somebody waits for the only connection, in a session that has ended by now, inside one of 300 ms. */
  async function waitInEndedSession() {
    const { pool, clock, take } = makePool({ size: 1, maxOverflow: 0 });
    const [held] = await take(1);
    const outer = new Session({ clock, timeoutMs: 300 }, undefined);
    const inner = new Session({ clock }, outer);
    const waiting = watch(inner.run(() => pool.acquire()));
    inner.end();
    return { pool, clock, held, outer, waiting };
  }

  it('is bounded by the session around', async () => {
    const { clock, held, waiting } = await waitInEndedSession();
    await clock.advance(305);
    expect(waiting.error).toMatchObject({ code: 'LG_SESSION_TIMEOUT' });
    held?.release();
  });

  it('makes a lease of the session around, which ends it', async () => {
    const { clock, held, outer, waiting } = await waitInEndedSession();
    held?.release();
    await clock.advance(100);
    expect([waiting.value?.isOpen, outer.openLeases]).toEqual([true, 1]);
    await clock.advance(205);
    expect(waiting.value?.record.state).toMatchObject({
      kind: 'revoked',
      error: { reason: 'session-timeout' },
    });
  });
});
