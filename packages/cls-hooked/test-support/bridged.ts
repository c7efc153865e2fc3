import { afterEach, beforeEach, expect } from 'vitest';
import { Session } from '@lifeguard/core';
import { contextStorage } from '@lifeguard/core/adapter';
import type { AsyncContext } from '@lifeguard/core/adapter';
import { ManualClock } from '@lifeguard/core/testing';
import { bridgeNamespace } from '../src/bridge-namespace.ts';
import type { NamespaceBridge } from '../src/bridge-namespace.ts';
import type { CarriedSession } from '../src/carried-session.ts';
import { freshNamespace } from './both.ts';
import type { Cls, ClsNamespace } from './both.ts';

/** The storage without any bridge. */
export const original = contextStorage();

/** Runs `fn` as code that has lost its AsyncLocalStorage, but not its namespace; or that has `context` in place of it. */
export const lost = <T>(fn: () => T, context?: AsyncContext): T => original.run(context, fn);

/** Runs `fn` as code that has lost the namespace, and has only its AsyncLocalStorage. */
export function lostNamespace<T>(ns: ClsNamespace, fn: () => T): T {
  const outside = ns.createContext() as object;
  Object.setPrototypeOf(outside, Object.prototype);
  return ns.bind(fn, outside)();
}

/** A namespace and a bridge to it, for each test anew; which leave nothing behind. */
export interface Bridged {
  readonly ns: ClsNamespace;
  readonly bridge: NamespaceBridge;
  /** What the namespace shows of the session. */
  readonly shown: () => CarriedSession | undefined;
  /** Begins a session, which ends with the test. */
  readonly begin: (name: string, parent?: Session) => Session;
}

/** To be called where tests are described. `ns` and `bridge` are those of the test that runs. */
export function bridgedNamespace(cls: Cls): Bridged {
  let ns: ClsNamespace;
  let bridge: NamespaceBridge;
  const open: Session[] = [];
  beforeEach(() => {
    ns = freshNamespace(cls);
    bridge = bridgeNamespace(ns, { tags: ['tenant', 'requestId'] });
  });
  afterEach(() => {
    bridge[Symbol.dispose]();
    for (const session of open.splice(0)) session.end();
    expect(ns.active).toBeNull();
    expect(contextStorage()).toBe(original);
  });
  return {
    get ns() {
      return ns;
    },
    get bridge() {
      return bridge;
    },
    shown: () => ns.get('lifeguard') as CarriedSession | undefined,
    begin(name, parent) {
      const session = new Session({ name, clock: new ManualClock() }, parent);
      open.push(session);
      return session;
    },
  };
}
