// The same scenarios on cls-hooked and on what replaces it: a migration must not be seen.

import { once } from 'node:events';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { BOTH, freshNamespace } from '../test-support/both.ts';

/** Ways of going on later, all of which keep the context. */
const LATER: readonly (readonly [string, (fn: () => void) => void])[] = [
  ['setTimeout', (fn) => void setTimeout(fn, 1)],
  ['setImmediate', (fn) => void setImmediate(fn)],
  ['process.nextTick', (fn) => process.nextTick(fn)],
  ['queueMicrotask', (fn) => queueMicrotask(fn)],
  ['a promise', (fn) => void Promise.resolve().then(fn)],
  ['an await', (fn) => void (async () => (await turn(), fn()))()],
  [
    'an interval',
    (fn) => {
      const timer = setInterval(() => (clearInterval(timer), fn()), 1);
    },
  ],
];

describe.each(BOTH)('a namespace of %s', (_, cls) => {
  test('has no context at first: get finds nothing, set throws', () => {
    const ns = freshNamespace(cls);
    expect(ns.active).toBeNull();
    expect(ns.get('a')).toBeUndefined();
    expect(() => ns.set('a', 1)).toThrow('No context available. ns.run() or ns.bind() must be called first.');
  });

  test('runs a function at once, with its context, which it returns', () => {
    const ns = freshNamespace(cls);
    let inside: unknown;
    const context = (ns.run as (fn: (context: unknown) => void) => Record<string, unknown>)((given) => {
      inside = given;
      expect(ns.active).toBe(given);
      expect(ns.set('a', 1)).toBe(1);
      expect(ns.get('a')).toBe(1);
    });
    expect(context).toBe(inside);
    expect(context['a']).toBe(1);
    expect(ns.active).toBeNull();
    expect(ns.get('a')).toBeUndefined();
  });

  test('returns what a function returns', () => {
    const ns = freshNamespace(cls);
    expect(ns.runAndReturn(() => 'a')).toBe('a');
    const promise = Promise.resolve(1);
    expect(ns.runAndReturn(() => promise)).toBe(promise);
  });

  test('a context inside another has its values, and keeps its own to itself', () => {
    const ns = freshNamespace(cls);
    ns.run(() => {
      ns.set('a', 'outer');
      ns.set('b', 'outer');
      ns.run(() => {
        expect(ns.get('a')).toBe('outer');
        ns.set('a', 'inner');
        ns.run(() => expect([ns.get('a'), ns.get('b')]).toEqual(['inner', 'outer']));
      });
      expect(ns.get('a')).toBe('outer');
      ns.run(() => expect(ns.get('a')).toBe('outer'));
    });
  });

  test('what is set around later is seen inside, unless it was set there', async () => {
    const ns = freshNamespace(cls);
    const seen: unknown[] = [];
    await ns.runAndReturn(async () => {
      const inner = ns.runAndReturn(async () => {
        ns.set('b', 'inner');
        await turn();
        seen.push(ns.get('a'), ns.get('b'));
      });
      ns.set('a', 'later');
      ns.set('b', 'later');
      await inner;
    });
    expect(seen).toEqual(['later', 'inner']);
  });

  test.each(LATER)('is kept by %s', async (_name, later) => {
    const ns = freshNamespace(cls);
    const seen = await new Promise((resolve) => {
      ns.run(() => {
        ns.set('a', 'kept');
        later(() => resolve(ns.get('a')));
      });
    });
    expect(seen).toBe('kept');
  });

  test('is kept by many awaits, in a loop and of others', async () => {
    const ns = freshNamespace(cls);
    await ns.runAndReturn(async () => {
      ns.set('a', 1);
      for (let index = 0; index < 50; index += 1) await (index % 2 === 0 ? turn() : null);
      await Promise.all([turn(), Promise.resolve(), turn().then(() => expect(ns.get('a')).toBe(1))]);
      await Promise.reject(new Error('x')).catch(() => expect(ns.get('a')).toBe(1));
      expect(ns.get('a')).toBe(1);
    });
  });

  test('a hundred side by side never see the values of another', async () => {
    const ns = freshNamespace(cls);
    const wrong: unknown[] = [];
    const one = async (id: number): Promise<void> => {
      ns.set('id', id);
      for (let step = 0; step < 10; step += 1) {
        await (step % 3 === id % 3 ? turn() : new Promise((resolve) => process.nextTick(resolve)));
        if (ns.get('id') !== id) wrong.push([id, ns.get('id')]);
        ns.run(() => ns.set('id', 'inner'));
      }
    };
    await Promise.all(Array.from({ length: 100 }, (_each, id) => ns.runAndReturn(() => one(id))));
    expect(wrong).toEqual([]);
    expect(ns.active).toBeNull();
  });

  test('requests of a server have each their own', async () => {
    const ns = freshNamespace(cls);
    const server = createServer((request, response) => {
      ns.run(() => {
        ns.bindEmitter(request);
        ns.bindEmitter(response);
        ns.set('url', request.url);
        request.resume().on('end', () => setImmediate(() => response.end(ns.get('url'))));
      });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const ask = async (path: string): Promise<string> => {
      const [response] = (await once(get({ port, path, host: '127.0.0.1' }), 'response')) as [Readable];
      return text(response);
    };
    const paths = Array.from({ length: 20 }, (_each, id) => `/${id}`);
    expect(await Promise.all(paths.map(ask))).toEqual(paths);
    server.closeAllConnections();
    await once(server.close(), 'close');
  });

  test('binds a function to the active context, with its this, arguments and result', () => {
    const ns = freshNamespace(cls);
    const bound = ns.runAndReturn(() => {
      ns.set('a', 1);
      return ns.bind(function add(this: { more: number }, one: number): number {
        return one + this.more + (ns.get('a') as number);
      });
    });
    expect(bound.call({ more: 10 }, 100)).toBe(111);
    expect(ns.active).toBeNull();
  });

  test('binds a function to a context that is given', () => {
    const ns = freshNamespace(cls);
    const context = ns.createContext() as Record<string, unknown>;
    context['a'] = 'given';
    ns.run(() => {
      ns.set('a', 'other');
      expect(ns.bind(() => ns.get('a') as unknown, context)()).toBe('given');
      expect(ns.get('a')).toBe('other');
    });
  });

  test('binds a function outside of any context to one that its calls share', () => {
    const ns = freshNamespace(cls);
    const count = ns.bind(() => ns.set('n', ((ns.get('n') as number | undefined) ?? 0) + 1) as number);
    expect([count(), count(), count()]).toEqual([1, 2, 3]);
  });

  test('enters a context and leaves it', () => {
    const ns = freshNamespace(cls);
    const [outer, inner] = [ns.createContext() as object, ns.createContext() as object];
    ns.enter(outer);
    ns.enter(inner);
    expect(ns.active).toBe(inner);
    ns.exit(inner);
    expect(ns.active).toBe(outer);
    ns.exit(outer);
    expect(ns.active).toBeNull();
  });

  test('leaves a context in the middle, so that it is not gone back to', () => {
    const ns = freshNamespace(cls);
    const [a, b, c] = [ns.createContext(), ns.createContext(), ns.createContext()] as [
      object,
      object,
      object,
    ];
    for (const context of [a, b, c]) ns.enter(context);
    ns.exit(b);
    expect(ns.active).toBe(c);
    ns.exit(c);
    expect(ns.active).toBe(a);
    ns.exit(a);
    expect(ns.active).toBeNull();
  });

  test('refuses to leave what was not entered', () => {
    const ns = freshNamespace(cls);
    expect(() => ns.exit(ns.createContext())).toThrow("context not currently entered; can't exit.");
    expect(() => ns.enter(undefined)).toThrow('context must be provided for entering');
    expect(() => ns.exit(undefined)).toThrow('context must be provided for exiting');
  });

  test('a context names its namespace, and has what objects have', () => {
    const ns = freshNamespace(cls);
    const context = ns.createContext() as Record<string, unknown> & { _ns_name: string };
    expect(context._ns_name).toBe((ns as unknown as { name: string }).name);
    expect(Object.hasOwn(context, 'id')).toBe(true);
    expect(typeof context.hasOwnProperty).toBe('function');
  });

  test('an error that leaves a context has it, the outermost last, and is thrown as it is', () => {
    const ns = freshNamespace(cls);
    const error = new Error('mine');
    let outer: unknown;
    expect(() =>
      ns.run((context: unknown) => {
        outer = context;
        ns.run(() => {
          throw error;
        });
      }),
    ).toThrow(error);
    expect(ns.fromException(error)).toBe(outer);
    expect(Reflect.get(error, cls.ERROR_SYMBOL)).toBe(outer);
    expect(cls.ERROR_SYMBOL).toBe('error@context');
    expect(ns.fromException(new Error('not from here'))).toBeUndefined();
    expect(ns.active).toBeNull();
  });

  test('an error of a bound function has its context', () => {
    const ns = freshNamespace(cls);
    const context = ns.createContext() as object;
    const error = new Error('mine');
    const bound = ns.bind((): void => {
      throw error;
    }, context);
    expect(bound).toThrow(error);
    expect(ns.fromException(error)).toBe(context);
  });

  test('runs a promise: result, error with its context, values inside', async () => {
    const ns = freshNamespace(cls);
    const seen = await ns.runPromise(async () => {
      ns.set('a', 1);
      await turn();
      return ns.get('a') as number;
    });
    expect(seen).toBe(1);
    const error = new Error('mine');
    let inside: unknown;
    const failing = ns.runPromise(async (context: unknown) => {
      inside = context;
      await turn();
      throw error;
    });
    await expect(failing).rejects.toBe(error);
    expect(ns.fromException(error)).toBe(inside);
  });

  test('refuses to run as a promise what returns none', () => {
    const ns = freshNamespace(cls);
    const notAPromise = (() => 1) as unknown as () => Promise<number>;
    expect(() => ns.runPromise(notAPromise)).toThrow('fn must return a promise.');
  });

  test('values of two namespaces have nothing to do with each other', async () => {
    const [one, two] = [freshNamespace(cls), freshNamespace(cls)];
    await one.runAndReturn(async () => {
      one.set('a', 'one');
      await two.runAndReturn(async () => {
        two.set('a', 'two');
        await turn();
        expect([one.get('a'), two.get('a')]).toEqual(['one', 'two']);
      });
      expect([one.get('a'), two.get('a')]).toEqual(['one', undefined]);
    });
  });

  test('is found by its name until it is destroyed, and replaced by another of its name', () => {
    const first = cls.createNamespace('by name');
    expect(cls.getNamespace('by name')).toBe(first);
    const second = cls.createNamespace('by name');
    expect(cls.getNamespace('by name')).toBe(second);
    cls.destroyNamespace('by name');
    expect(cls.getNamespace('by name') ?? undefined).toBeUndefined();
    expect(() => cls.destroyNamespace('by name')).toThrow(`can't delete nonexistent namespace! "by name"`);
    expect(cls.getNamespace('never made')).toBeUndefined();
    expect(() => cls.createNamespace('')).toThrow('namespace must be given a name.');
    expect(first.runAndReturn(() => first.set('a', 1) as number)).toBe(1);
  });
});
