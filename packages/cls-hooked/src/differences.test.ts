// Where the namespaces of this package are not cls-hooked's: seen on both, and told in docs/data-layers/cls-hooked.md.

import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { clsHooked, freshNamespace } from '../test-support/both.ts';
import type { Cls, ClsNamespace } from '../test-support/both.ts';
import * as own from './index.ts';

interface Difference {
  /** As the page has it. */
  readonly what: string;
  readonly see: (ns: ClsNamespace, cls: Cls) => unknown;
  readonly theirs: unknown;
  readonly ours: unknown;
}

const thrownBy = (fn: () => unknown): unknown => {
  try {
    return fn();
  } catch (error) {
    return error instanceof Error ? error.constructor.name : error;
  }
};

/** Work of `runPromise` that goes on until it is told to end. */
function openWork(ns: ClsNamespace): { work: Promise<void>; end: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const work = ns.runPromise(async () => {
    ns.set('a', 'of the work');
    await promise;
  });
  return { work, end: resolve };
}

const DIFFERENCES: readonly Difference[] = [
  {
    what: 'after `runPromise()` has returned, while its work goes on',
    async see(ns) {
      const { work, end } = openWork(ns);
      const seen: unknown = ns.get('a');
      end();
      await work;
      return seen;
    },
    theirs: 'of the work',
    ours: undefined,
  },
  {
    what: 'meanwhile, in whatever else the process does',
    async see(ns) {
      const elsewhere = new Promise((resolve) => setTimeout(() => resolve(ns.get('a')), 5));
      await turn();
      const { work, end } = openWork(ns);
      const seen = await elsewhere;
      end();
      await work;
      return seen;
    },
    theirs: 'of the work',
    ours: undefined,
  },
  {
    what: 'a function given to `runPromise()` that throws, or returns no promise',
    see(ns) {
      const context: unknown = ns.createContext();
      thrownBy(() => ns.runPromise((() => ns.set('a', 'left over')) as () => Promise<never>));
      const seen: unknown = ns.get('a');
      // Not to leave it to the tests that follow.
      while (ns.active !== null) ns.exit(ns.active);
      return [typeof context, seen];
    },
    theirs: ['object', 'left over'],
    ours: ['object', undefined],
  },
  {
    what: '`enter()` without `exit()` inside of a `run()`',
    see(ns) {
      const context = ns.createContext() as object;
      ns.run(() => ns.enter(context));
      const isLeft = ns.active === context;
      if (isLeft) ns.exit(context);
      return isLeft;
    },
    theirs: true,
    ours: false,
  },
  {
    what: '`exit()`, inside of a `run()`, of a context that was entered around it',
    see(ns) {
      const context = ns.createContext() as object;
      ns.enter(context);
      const seen = thrownBy(() => ns.runAndReturn(() => (ns.exit(context), 'left')));
      if (ns.active === context) ns.exit(context);
      return seen;
    },
    theirs: 'left',
    ours: 'Error',
  },
  {
    what: 'a text, or another value without properties, that is thrown in a context',
    see: (ns) =>
      thrownBy(() =>
        ns.run(() => {
          // oxlint-disable-next-line typescript/only-throw-error -- it is what this is about
          throw 'a text';
        }),
      ),
    theirs: 'TypeError',
    ours: 'a text',
  },
  {
    what: 'one function that listens to two emitters, added in two contexts',
    see(ns) {
      const seen: unknown[] = [];
      const listener = (): void => void seen.push(ns.get('a'));
      const emitters = ['one', 'two'].map((value) => {
        const emitter = new EventEmitter();
        ns.bindEmitter(emitter);
        ns.run(() => {
          ns.set('a', value);
          emitter.on('event', listener);
        });
        return emitter;
      });
      for (const emitter of emitters) emitter.emit('event');
      return seen;
    },
    theirs: ['two', 'two'],
    ours: ['one', 'two'],
  },
  {
    what: 'a listener that is added while its event is emitted',
    see(ns) {
      const emitter = new EventEmitter();
      ns.bindEmitter(emitter);
      ns.run(() => emitter.once('event', () => emitter.on('event', () => undefined)));
      emitter.emit('event');
      return emitter.listenerCount('event');
    },
    theirs: 0,
    ours: 1,
  },
  {
    what: 'a listener that is added by `prependListener()`',
    see(ns) {
      const emitter = new EventEmitter();
      ns.bindEmitter(emitter);
      let seen: unknown;
      ns.run(() => {
        ns.set('a', 'added');
        emitter.prependListener('event', () => (seen = ns.get('a')));
      });
      emitter.emit('event');
      return seen;
    },
    theirs: undefined,
    ours: 'added',
  },
  {
    what: '`getNamespace()` after `destroyNamespace()`',
    see(_, cls) {
      cls.createNamespace('destroyed');
      cls.destroyNamespace('destroyed');
      return cls.getNamespace('destroyed');
    },
    theirs: null,
    ours: undefined,
  },
  {
    what: '`reset()` after `destroyNamespace()`',
    see(_, cls) {
      cls.reset();
      cls.createNamespace('destroyed');
      cls.destroyNamespace('destroyed');
      const seen = thrownBy(() => cls.reset());
      (process as { namespaces?: object }).namespaces = {};
      return seen;
    },
    theirs: 'AssertionError',
    ours: undefined,
  },
  {
    what: 'a value under the name `__proto__`',
    see: (ns) =>
      ns.runAndReturn(() => {
        ns.set('__proto__', { a: 'smuggled in' });
        return ns.get('a') as unknown;
      }),
    theirs: 'smuggled in',
    ours: undefined,
  },
];

const page = readFileSync(new URL('../../../docs/data-layers/cls-hooked.md', import.meta.url), 'utf8');

describe.each(DIFFERENCES)('$what', ({ what, see, theirs, ours }) => {
  test('is so in cls-hooked', async () => {
    (process as { namespaces?: object }).namespaces ??= {};
    expect(await see(freshNamespace(clsHooked), clsHooked)).toEqual(theirs);
  });

  test('is otherwise here', async () => {
    expect(await see(freshNamespace(own), own)).toEqual(ours);
  });

  test('is in the table', () => {
    expect(page).toContain(`\n| ${what} |`);
  });
});

test('the table has no other differences', () => {
  const [, table = ''] = /\n## Differences\n([^]*?)(?:\n## |$)/.exec(page) ?? [];
  const rows = table.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| what |'));
  expect(rows).toHaveLength(DIFFERENCES.length);
});
