import { EventEmitter } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { Session, beginScope, currentSession, runScope, runSession } from '@lifeguard/core';
import { contextStorage, runOperation } from '@lifeguard/core/adapter';
import { ManualClock } from '@lifeguard/core/testing';
import { BOTH, freshNamespace } from '../test-support/both.ts';
import type { ClsNamespace } from '../test-support/both.ts';
import { bridgedNamespace, lost, lostNamespace, original } from '../test-support/bridged.ts';
import { bridgeNamespace } from './bridge-namespace.ts';
import type { NamespaceBridge } from './bridge-namespace.ts';

describe.each(BOTH)('a bridge to a namespace of %s', (_, cls) => {
  const rig = bridgedNamespace(cls);
  const { begin, shown } = rig;

  let ns: ClsNamespace;
  let bridge: NamespaceBridge;
  beforeEach(() => {
    ({ ns, bridge } = rig);
  });

  describe('from a session to the namespace', () => {
    test('shows name, tags, trace and time left, as of now', async () => {
      const clock = new ManualClock();
      const options = { name: 'job', tags: { tenant: 'acme' }, traceId: 'abc', timeoutMs: 100, clock };
      const session = new Session(options, undefined);
      await session.run(async () => {
        expect(shown()).toEqual({
          id: session.id,
          kind: 'session',
          name: 'job',
          tags: { tenant: 'acme' },
          traceId: 'abc',
          remainingMs: 100,
        });
        await clock.advance(30);
        expect(shown()?.remainingMs).toBe(70);
        session.end();
        expect(shown()).toBeUndefined();
      });
    });

    test('shows the innermost, and the one around it when that has ended', async () => {
      await runScope('outer', {}, async () => {
        await runSession({ name: 'inner' }, async (inner) => {
          await turn();
          expect(shown()?.name).toBe('inner');
          inner.end();
          expect(shown()?.name).toBe('outer');
        });
        expect(shown()?.name).toBe('outer');
      });
      expect(shown()).toBeUndefined();
    });

    test('keeps what a data layer says of the operation, where the session that was entered is inside its own', async () => {
      await runSession({ name: 'outer' }, (outer) =>
        runOperation({ label: 'User.findMany', stack: undefined }, () => {
          const inner = new Session({ name: 'inner' }, outer);
          bridge.enter(inner);
          expect(contextStorage().getStore()).toMatchObject({
            session: inner,
            operation: { label: 'User.findMany' },
          });
          inner.end();
        }),
      );
    });

    test('shows what a stranger has named as it may be printed', async () => {
      await runScope('a\u001b[31m', { 'b\n': 'c\u202e' }, () => {
        expect(shown()).toMatchObject({ name: 'a\\u{1b}[31m', tags: { 'b\\u{a}': 'c\\u{202e}' } });
      });
    });

    test('a value that is set in a session is set for the code around it, and the other way round', async () => {
      await ns.runAndReturn(async () => {
        const context: unknown = ns.active;
        const logged = ns.bind(() => ns.get('user') as unknown);
        await runScope('request', {}, async () => {
          await turn();
          ns.set('user', 'set inside');
          expect(ns.active).not.toBe(context);
          ns.run(() => ns.set('user', 'set in a context inside'));
        });
        expect(logged()).toBe('set inside');
        await runScope('request', {}, async () => {
          const later = turn().then(() => ns.get('user') as unknown);
          logged();
          expect(await later).toBe('set inside');
        });
      });
    });

    test('side by side, each sees its own', async () => {
      await Promise.all(
        Array.from({ length: 50 }, async (_each, id) => {
          await runSession({ name: `${id}` }, async () => {
            for (let step = 0; step < 5; step += 1) {
              await (id % 2 === step % 2 ? turn() : null);
              expect(shown()?.name).toBe(`${id}`);
              expect(lost(currentSession)?.name).toBe(`${id}`);
            }
          });
        }),
      );
    });
  });

  describe('from the namespace to a session', () => {
    test('code that has lost its AsyncLocalStorage is in its session, after any kind of wait', async () => {
      await runSession({ name: 'job' }, async (session) => {
        const seen = async (): Promise<unknown> => {
          const found: unknown[] = [];
          await turn();
          found.push(currentSession());
          await new Promise<void>((resolve) =>
            setTimeout(() => resolve(void found.push(currentSession())), 1),
          );
          await new Promise<void>((resolve) =>
            process.nextTick(() => resolve(void found.push(currentSession()))),
          );
          await new Promise<void>((resolve) =>
            queueMicrotask(() => resolve(void found.push(currentSession()))),
          );
          return found;
        };
        expect(await lost(seen)).toEqual([session, session, session, session]);
      });
      expect(currentSession()).toBeUndefined();
    });

    test('code that has lost the namespace is in its session too, and back in both once it begins another', async () => {
      await runSession({ name: 'job' }, (session) => {
        lostNamespace(ns, () => {
          expect(shown()).toBeUndefined();
          expect(currentSession()).toBe(session);
          const inner = begin('inner', session);
          inner.run(() => expect([shown()?.name, lost(currentSession)]).toEqual(['inner', inner]));
        });
      });
    });

    test('a bound function, or a bound listener, runs in the session in which it was bound', () => {
      const emitter = new EventEmitter();
      ns.bindEmitter(emitter);
      const [mine, other] = [begin('mine'), begin('other')];
      const seen: unknown[] = [];
      const bound = mine.run(() => {
        emitter.on('event', () => seen.push(currentSession()));
        return ns.bind(currentSession);
      });
      expect(bound()).toBe(mine);
      // The queue of a pool calls back in the context of whoever gave a connection back.
      expect(lost(bound, { session: other, holding: undefined })).toBe(mine);
      other.run(() => emitter.emit('event'));
      expect(seen).toEqual([mine]);
    });

    test('a session that is entered is that of the context, without a callback', async () => {
      const session = begin('entered');
      await ns.runAndReturn(async () => {
        bridge.enter(session);
        await turn();
        expect(currentSession()).toBe(session);
        expect(shown()?.name).toBe('entered');
        ns.run(() => expect(currentSession()).toBe(session));
        session.end();
        expect(currentSession()).toBeUndefined();
        expect(shown()).toBeUndefined();
      });
    });

    test('a session that is entered inside of another replaces it there, not around', async () => {
      await runScope('outer', {}, async (outer) => {
        const inner = begin('inner', outer);
        ns.run(() => {
          bridge.enter(inner);
          expect(currentSession()).toBe(inner);
        });
        expect(currentSession()).toBe(outer);
        await outer.run(async () => {
          await turn();
          bridge.enter(inner);
          expect(currentSession()).toBe(inner);
          inner.end();
          expect(currentSession()).toBe(outer);
        });
      });
    });

    test('none can be entered outside of any context', () => {
      expect(() => bridge.enter(begin('entered'))).toThrow(
        /option "namespace" must be one with an active context/,
      );
    });
  });

  describe('tags', () => {
    test('are the values that are named, in sessions that the bridge begins', async () => {
      await ns.runAndReturn(async () => {
        ns.set('tenant', 'acme');
        ns.set('requestId', 7);
        ns.set('password', 'not named');
        const all = { tenant: 'acme', requestId: '7' };
        expect(bridge.tags()).toEqual(all);
        await bridge.runSession({ name: 'job' }, (session) => expect(session.tags).toEqual(all));
        await bridge.runScope('job', { requestId: '8' }, (scope) => {
          expect(scope.tags).toEqual({ tenant: 'acme', requestId: '8' });
          expect(shown()?.tags).toEqual(scope.tags);
        });
        const scope = beginScope('by hand', bridge.tags());
        expect(scope.tags).toEqual(all);
        scope.end();
      });
      expect(bridge.tags()).toEqual({});
    });

    test('are few, short and printable; what is no plain value is left out', () => {
      ns.run(() => {
        ns.set('tenant', `${'x'.repeat(500)}`);
        ns.set('requestId', 'a\u001b[2J\nforged');
        expect(bridge.tags()).toEqual({ tenant: `${'x'.repeat(99)}…`, requestId: 'a\\u{1b}[2J\\u{a}forged' });
        ns.set('tenant', { toString: () => 'personal' });
        ns.set('requestId', null);
        expect(bridge.tags()).toEqual({});
        Object.defineProperty(ns.active, 'tenant', {
          get() {
            throw new Error('of a getter');
          },
        });
        expect(bridge.tags()).toEqual({});
      });
    });
  });

  test('once disposed, the namespace carries nothing, and is as it was', () => {
    const { runPromise } = freshNamespace(cls);
    const session = begin('job');
    const bound = session.run(() => ns.bind(currentSession));
    bridge[Symbol.dispose]();
    bridge[Symbol.dispose]();
    expect(bound()).toBeUndefined();
    expect(contextStorage()).toBe(original);
    expect(ns.runPromise).toBe(runPromise);
    using again = bridgeNamespace(ns);
    expect(session.run(() => lost(currentSession))).toBe(session);
    expect(again.tags()).toEqual({});
  });

  test('two namespaces can be bridged, and disposed in any order', () => {
    const second = freshNamespace(cls);
    const other = bridgeNamespace(second, { key: 'session' });
    const session = begin('job');
    session.run(() => {
      expect(shown()?.name).toBe('job');
      expect(second.get('session')).toMatchObject({ name: 'job' });
    });
    bridge[Symbol.dispose]();
    session.run(() => {
      expect(shown()).toBeUndefined();
      expect(second.get('session')).toMatchObject({ name: 'job' });
    });
    other[Symbol.dispose]();
    session.run(() => expect(second.get('session')).toBeUndefined());
    expect(contextStorage()).toBe(original);
  });

  test('refuses what is no namespace, one that is bridged, and options that are none', () => {
    expect(() => bridgeNamespace(ns)).toThrow(/option "namespace" must be one that is not bridged yet/);
    expect(() => bridgeNamespace(undefined as never)).toThrow(
      /option "namespace" must be a namespace of cls-hooked/,
    );
    const fresh = freshNamespace(cls);
    expect(() => bridgeNamespace(fresh, { key: '' })).toThrow(/option "key"/);
    expect(() => bridgeNamespace(fresh, { tags: 'tenant' as never })).toThrow(/option "tags"/);
    expect(() => bridgeNamespace(fresh, { tag: [] } as never)).toThrow(/option "tag" must be left out/);
  });
});
