// The same scenarios on emitters that are bound by cls-hooked, and by what replaces it.

import { EventEmitter, once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { BOTH, freshNamespace } from '../test-support/both.ts';

describe.each(BOTH)('an emitter bound by %s', (_, cls) => {
  const setUp = () => {
    const ns = freshNamespace(cls);
    const emitter = new EventEmitter();
    ns.bindEmitter(emitter);
    const seen: unknown[] = [];
    const listener = (): void => void seen.push(ns.get('a'));
    const within = (value: string, fn: () => void): void =>
      ns.run(() => {
        ns.set('a', value);
        fn();
      });
    return { ns, emitter, seen, listener, within };
  };

  test('runs a listener in the context in which it was added, wherever it is emitted', () => {
    const { emitter, seen, listener, within } = setUp();
    within('added', () => emitter.on('event', listener));
    emitter.emit('event');
    within('emitted', () => emitter.emit('event'));
    expect(seen).toEqual(['added', 'added']);
  });

  test('runs each listener in its own context, with this, all arguments and in order', () => {
    const { ns, emitter, within } = setUp();
    const calls: unknown[] = [];
    for (const value of ['one', 'two', 'three'])
      within(value, () =>
        emitter.addListener('event', function listen(this: unknown, ...event: unknown[]) {
          calls.push([ns.get('a'), this === emitter, ...event]);
        }),
      );
    expect(emitter.emit('event', 1, 2, 3)).toBe(true);
    expect(calls).toEqual(['one', 'two', 'three'].map((value) => [value, true, 1, 2, 3]));
    expect(emitter.emit('other')).toBe(false);
  });

  test('runs a listener that was added outside of any context in that of the event, or in a new one', () => {
    const { ns, emitter, seen, listener, within } = setUp();
    emitter.on('event', listener);
    emitter.on('event', () => ns.set('b', 'can be set'));
    emitter.emit('event');
    within('emitted', () => emitter.emit('event'));
    expect(seen).toEqual([undefined, 'emitted']);
  });

  test('calls a listener of once a single time, in its context, and then has none', () => {
    const { emitter, seen, listener, within } = setUp();
    within('added', () => emitter.once('event', listener));
    expect(emitter.listenerCount('event')).toBe(1);
    emitter.emit('event');
    emitter.emit('event');
    expect(seen).toEqual(['added']);
    expect(emitter.listenerCount('event')).toBe(0);
  });

  test('removes listeners by what was added, whichever way they were added and removed', () => {
    const { emitter, seen, listener, within } = setUp();
    within('added', () => {
      emitter.on('event', listener);
      emitter.removeListener('event', listener);
      emitter.once('event', listener);
      emitter.off('event', listener);
      emitter.addListener('event', listener);
      emitter.removeAllListeners('event');
      emitter.on('event', listener);
      emitter.once('event', listener);
      emitter.removeAllListeners();
    });
    expect(emitter.emit('event')).toBe(false);
    expect(seen).toEqual([]);
  });

  test('removes the same listener as often as it was added', () => {
    const { emitter, seen, listener, within } = setUp();
    within('added', () => emitter.on('event', listener).on('event', listener));
    emitter.removeListener('event', listener);
    emitter.emit('event');
    emitter.removeListener('event', listener);
    emitter.emit('event');
    expect(seen).toEqual(['added']);
  });

  test('lets a listener remove itself, and others, while it runs', () => {
    const { emitter, seen, listener, within } = setUp();
    const self = (): void => {
      seen.push('self');
      emitter.removeListener('event', self);
      emitter.removeListener('event', listener);
    };
    within('added', () => emitter.on('event', self).on('event', listener));
    emitter.emit('event');
    emitter.emit('event');
    // Who is removed during an event still gets that event, as of any emitter.
    expect(seen).toEqual(['self', 'added']);
  });

  test('tells of the listeners that were added, not of what stands for them', () => {
    const { emitter, listener, within } = setUp();
    const told: unknown[] = [];
    emitter.on('newListener', (_event, added) => told.push(added));
    emitter.on('removeListener', (_event, removed) => told.push(removed));
    told.length = 0;
    within('added', () => emitter.on('event', listener).once('event', listener));
    expect(emitter.listeners('event')).toEqual([listener, listener]);
    emitter.off('event', listener).off('event', listener);
    expect(told).toEqual([listener, listener, listener, listener]);
  });

  test('can be bound by two namespaces, and twice by one', () => {
    const { ns, emitter, within } = setUp();
    const other = freshNamespace(cls);
    other.bindEmitter(emitter);
    ns.bindEmitter(emitter);
    const seen: unknown[] = [];
    other.run(() => {
      other.set('a', 'other');
      within('one', () => emitter.on('event', () => seen.push(ns.get('a'), other.get('a'))));
    });
    emitter.emit('event');
    expect(seen).toEqual(['one', 'other']);
  });

  test('throws an error of a listener to who emits', () => {
    const { emitter, within } = setUp();
    within('added', () =>
      emitter.on('event', () => {
        throw new Error('mine');
      }),
    );
    expect(() => emitter.emit('event')).toThrow('mine');
    expect(() => emitter.emit('error', new Error('unhandled'))).toThrow('unhandled');
  });

  test('may be a stream: data, end, pipe and for await', async () => {
    const { ns, within } = setUp();
    const seen: unknown[] = [];
    const [source, target] = [new PassThrough(), new PassThrough()];
    for (const stream of [source, target]) ns.bindEmitter(stream);
    within('reader', () => {
      source.pipe(target);
      target.on('data', (chunk: Buffer) => seen.push(`${chunk.toString()} ${ns.get('a')}`));
      target.on('end', () => seen.push(`end ${ns.get('a')}`));
    });
    within('writer', () => source.write('chunk'));
    await turn();
    within('writer', () => source.end());
    await once(target, 'end');
    expect(seen).toEqual(['chunk reader', 'end reader']);
    const read = await ns.runAndReturn(async () => {
      ns.set('a', 'iterates');
      const values: unknown[] = [];
      for await (const each of Readable.from([1, 2])) values.push(each, ns.get('a'));
      return values;
    });
    expect(read).toEqual([1, 'iterates', 2, 'iterates']);
  });

  test('must be an emitter', () => {
    const { ns } = setUp();
    expect(() => ns.bindEmitter({} as EventEmitter)).toThrow('can only bind real EEs');
  });
});
