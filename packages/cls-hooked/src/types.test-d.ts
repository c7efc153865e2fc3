import type { EventEmitter } from 'node:events';
import { expectTypeOf } from 'vitest';
import type * as theirs from 'cls-hooked';
import * as own from './index.ts';
import type { Namespace } from './index.ts';

// Our module can stand where cls-hooked's is asked for, and so can each of its namespaces.
// (`default` is what Node makes of any CommonJS module.)
type Theirs = Omit<typeof theirs, 'default'>;
expectTypeOf<typeof own>().toExtend<Theirs>();
expectTypeOf<Namespace>().toExtend<theirs.Namespace>();
expectTypeOf<Namespace<{ a: number }>>().toExtend<theirs.Namespace<{ a: number }>>();

/** Code as it is written for `@types/cls-hooked`. */
function application({ createNamespace, getNamespace, destroyNamespace, reset }: Theirs): void {
  const ns = createNamespace('app');
  ns.set('user', { name: 'a' });
  const name: string = ns.get('user').name;
  ns.run((outer) => {
    outer.name = name;
  });
  ns.run(() => undefined);
  expectTypeOf(ns.runAndReturn(() => 1)).toEqualTypeOf<number>();
  expectTypeOf(ns.runPromise(async () => 'a')).toEqualTypeOf<Promise<string>>();
  expectTypeOf(ns.bind((a: number): string => String(a), ns.createContext())).toEqualTypeOf<
    (a: number) => string
  >();
  ns.bindEmitter({} as EventEmitter);
  const context = ns.createContext();
  ns.enter(context);
  ns.exit(context);
  ns.active = context;
  getNamespace('app')?.get('user');
  const typed = createNamespace<{ id: number }>('typed');
  expectTypeOf(typed.set('id', 1)).toEqualTypeOf<number>();
  expectTypeOf(typed.get('id')).toEqualTypeOf<number>();
  // @ts-expect-error: no such value
  typed.get('other');
  destroyNamespace('app');
  reset();
}
application(own);

// The same, on our own types.
const ns = own.createNamespace('app');
expectTypeOf(ns.get('user').name).toBeAny();
expectTypeOf(own.createNamespace<{ id: number }>('typed').get('id')).toEqualTypeOf<number>();
// @ts-expect-error: no such value
own.createNamespace<{ id: number }>('typed').set('other', 1);
expectTypeOf(own.getNamespace('app')).toEqualTypeOf<Namespace | undefined>();

// A bridge takes a namespace of either.
declare const theirNamespace: theirs.Namespace;
own.bridgeNamespace(theirNamespace)[Symbol.dispose]();
own.bridgeNamespace(ns, { key: 'session', tags: ['tenant'] })[Symbol.dispose]();
// @ts-expect-error: no such option
own.bridgeNamespace(ns, { tag: [] });
