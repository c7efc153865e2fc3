import { afterEach, describe, expect, it } from 'vitest';
import { contextStorage, setContextStorage } from './context-storage.ts';
import type { AsyncContext, ContextStorage } from './context-storage.ts';
import { Session, currentSession } from './session.ts';
import { ManualClock } from './testing/index.ts';

const original = contextStorage();

describe('the context storage', () => {
  afterEach(() => void setContextStorage(original));

  it('has nothing outside of a session', () => {
    expect(contextStorage().getStore()).toBeUndefined();
  });

  it('can be left inside of one', () => {
    const session = new Session({ clock: new ManualClock() }, undefined);
    expect(session.run(() => contextStorage().run(undefined, currentSession))).toBeUndefined();
    session.end();
  });

  it('can be replaced, for all that use it, and put back', () => {
    let store: AsyncContext | undefined;
    const own: ContextStorage = {
      getStore: () => store,
      run(context, fn) {
        const former = store;
        store = context;
        try {
          return fn();
        } finally {
          store = former;
        }
      },
    };
    expect(setContextStorage(own)).toBe(original);
    const session = new Session({ clock: new ManualClock() }, undefined);
    expect(session.run(currentSession)).toBe(session);
    expect(session.run(() => original.getStore())).toBeUndefined();
    session.end();
    expect(setContextStorage(original)).toBe(own);
  });

  it('is the same for two copies of the package', () => {
    const key = Symbol.for('@lifeguard/context-storage/v2');
    expect((globalThis as Record<symbol, unknown>)[key]).toBe(contextStorage());
  });
});
