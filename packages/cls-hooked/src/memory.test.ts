// What a namespace keeps, and what it must not keep.

import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { Session, currentSession } from '@lifeguard/core';
import { ManualClock } from '@lifeguard/core/testing';
import { BOTH, freshNamespace } from '../test-support/both.ts';
import { bridgedNamespace } from '../test-support/bridged.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Whether what is referred to is collected within a second. */
async function isCollected(reference: WeakRef<object>): Promise<boolean> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    collect();
    if (reference.deref() === undefined) return true;
    await sleep(10);
  }
  return false;
}

describe.each(BOTH)('a context of %s that is kept for ever', (_, cls) => {
  const rig = bridgedNamespace(cls);

  test('does not keep the session that it had', async () => {
    const kept: unknown[] = [];
    const begun = (): WeakRef<Session> => {
      const session = new Session({ name: 'job', clock: new ManualClock() }, undefined);
      session.run(() => {
        kept.push(rig.ns.active, rig.ns.bind(currentSession));
        rig.ns.run((context) => void kept.push(context));
      });
      rig.ns.run((context) => {
        rig.bridge.enter(session);
        kept.push(context);
      });
      session.end();
      return new WeakRef(session);
    };
    expect(await isCollected(begun())).toBe(true);
    expect(kept).toHaveLength(4);
  });

  test('still gives the session around it, after that within has been collected', async () => {
    const outer = rig.begin('outer');
    const { reference, bound } = outer.run(() => {
      const inner = new Session({ name: 'inner', clock: new ManualClock() }, outer);
      const found = inner.run(() => rig.ns.bind(currentSession));
      inner.end();
      return { reference: new WeakRef(inner), bound: found };
    });
    expect(await isCollected(reference)).toBe(true);
    expect(bound()).toBe(outer);
  });
});

describe.each(BOTH)('a namespace of %s', (_, cls) => {
  test('does not keep the contexts of a function that starts itself again, bound', async () => {
    const ns = freshNamespace(cls);
    const first = (): WeakRef<object> => {
      const context = ns.createContext() as object;
      ns.bind(() => queueMicrotask(again), context)();
      return new WeakRef(context);
    };
    let rounds = 0;
    let done: ((waiting: NodeJS.Timeout) => void) | undefined;
    const again = (): void => {
      rounds += 1;
      const outside = Object.create(Object.prototype) as object;
      if (rounds < 100) ns.bind(() => queueMicrotask(again), outside)();
      // What waits in the last context keeps whatever that keeps.
      else done?.(setInterval(() => undefined, 60_000));
    };
    const ended = new Promise<NodeJS.Timeout>((resolve) => (done = resolve));
    const reference = first();
    const waiting = await ended;
    expect(await isCollected(reference)).toBe(true);
    clearInterval(waiting);
  });
});
