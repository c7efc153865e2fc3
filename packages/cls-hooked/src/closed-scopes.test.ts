// Contexts of a namespace turn up where they do not belong; what they carry must not.

import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { currentSession, outsideSession, runScope, runSession } from '@lifeguard/core';
import { contextStorage, outsideAsyncContext } from '@lifeguard/core/adapter';
import type { Session } from '@lifeguard/core';
import type { AsyncContext } from '@lifeguard/core/adapter';
import { ManualClock } from '@lifeguard/core/testing';
import { BOTH, clsHooked } from '../test-support/both.ts';
import type { ClsNamespace } from '../test-support/both.ts';
import { bridgedNamespace, lost } from '../test-support/bridged.ts';
import type { NamespaceBridge } from './bridge-namespace.ts';

describe.each(BOTH)('with a bridge to a namespace of %s', (_, cls) => {
  const rig = bridgedNamespace(cls);
  const { begin, shown } = rig;

  let ns: ClsNamespace;
  let bridge: NamespaceBridge;
  beforeEach(() => {
    ({ ns, bridge } = rig);
  });

  describe('where both have a session', () => {
    test('the inner of the two is meant', () => {
      const outer = begin('outer');
      const inner = begin('inner', outer);
      outer.run(() => expect(lost(currentSession, { session: inner, holding: undefined })).toBe(inner));
      inner.run(() => expect(lost(currentSession, { session: outer, holding: undefined })).toBe(inner));
    });

    test('one that has ended gives way, on either side', () => {
      const [one, two] = [begin('one'), begin('two')];
      one.run(() => {
        const context = { session: two, holding: undefined };
        two.end();
        expect(lost(currentSession, context)).toBe(one);
      });
      const three = begin('three');
      one.run(() => {
        one.end();
        expect(lost(currentSession, { session: three, holding: undefined })).toBe(three);
      });
    });

    test('one that was cut off refuses where AsyncLocalStorage has it, and gives way where only the namespace has', () => {
      const outer = begin('outer');
      const inner = begin('inner', outer);
      inner.run(() => {
        inner.abort(new Error('cut off'));
        expect(currentSession()).toBe(inner);
        expect(lost(currentSession)).toBe(outer);
      });
    });

    test('the lease that a stranger holds is not held by code that the namespace knows better', () => {
      const outer = begin('outer');
      const [inner, stranger] = [begin('inner', outer), begin('stranger')];
      const holding = {} as NonNullable<AsyncContext['holding']>;
      const store = (session: Session | undefined) =>
        lost(() => contextStorage().getStore(), { session, holding });
      inner.run(() => {
        expect(store(stranger)).toEqual({ session: inner, holding: undefined });
        expect(store(outer)?.holding).toBe(holding);
        expect(store(undefined)?.holding).toBe(holding);
        expect(store(inner)?.holding).toBe(holding);
      });
    });

    test('outside of any session is outside in both', async () => {
      await runScope('request', {}, async () => {
        await outsideSession(async () => {
          await turn();
          expect([currentSession(), lost(currentSession), shown()]).toEqual([
            undefined,
            undefined,
            undefined,
          ]);
        });
      });
    });
  });

  describe('a context that outlives its session', () => {
    test.each(['end', 'abort'] as const)('carries nothing after its %s', async (how) => {
      const session = begin('job');
      const stale = await session.run(async () => {
        await turn();
        return ns.bind(currentSession);
      });
      expect(stale()).toBe(session);
      session[how](new Error('over'));
      expect(stale()).toBeUndefined();
    });

    test('the deadline of work that is over ends nothing of the work after it', async () => {
      const clock = new ManualClock();
      const timedOut = ns.runPromise(() =>
        runSession({ name: 'slow', timeoutMs: 50, clock }, () => new Promise<never>(() => undefined)),
      );
      const ended = expect(timedOut).rejects.toMatchObject({ code: 'LG_SESSION_TIMEOUT' });
      await clock.advance(60);
      await ended;
      expect(currentSession()).toBeUndefined();
      expect(await runSession({ name: 'innocent', clock }, async () => (await turn(), 'done'))).toBe('done');
    });

    test('whoever calls runPromise, and all else, is not in the session of that work while it goes on', async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const elsewhere = new Promise<unknown>((seen) => setTimeout(() => seen(currentSession()), 5));
      const inner = begin('job');
      const work = inner.run(() =>
        ns.runPromise(async () => {
          bridge.enter(inner);
          await promise;
          return currentSession();
        }),
      );
      expect(currentSession()).toBeUndefined();
      const sibling = begin('sibling', currentSession());
      expect(sibling.parent).toBeUndefined();
      expect(await elsewhere).toBeUndefined();
      resolve();
      expect(await work).toBe(inner);
    });

    test('a hundred of them in a row make no session the child of another', async () => {
      for (let index = 0; index < 100; index += 1) {
        await ns.runPromise(async () => {
          await runSession({ name: `${index}` }, async (session) => {
            await turn();
            expect(session.parent).toBeUndefined();
          });
        });
      }
    });
  });

  test('runPromise gives results and errors as before, the latter with their context', async () => {
    expect(await ns.runPromise(async () => (await turn(), 1))).toBe(1);
    const error = new Error('mine');
    await expect(ns.runPromise(() => Promise.reject(error))).rejects.toBe(error);
    expect(ns.fromException(error)).toBeDefined();
    expect(() => ns.runPromise((() => 1) as never)).toThrow('fn must return a promise.');
  });

  test('connections and timers are made outside of any session', () => {
    // Ours does not need to be told.
    if (cls === clsHooked)
      ns.run(() => {
        ns.set('large', 'value');
        expect(outsideAsyncContext(() => ns.get('large') as unknown)).toBeUndefined();
        expect(ns.get('large')).toBe('value');
      });
    begin('request').run(() => {
      expect(outsideAsyncContext(currentSession)).toBeUndefined();
      expect(currentSession()?.name).toBe('request');
    });
  });
});
