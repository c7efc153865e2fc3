import type { EventEmitter } from 'node:events';

/** The values of a block of work and all that it starts; what a block inside it does not set itself, it has from here. */
// What code written for cls-hooked expects of values: to be whatever it says they are.
// oxlint-disable-next-line typescript/no-explicit-any
export type NamespaceContext = any;

/** The values that a namespace may hold, when nobody says. As in `@types/cls-hooked`. */
// oxlint-disable-next-line typescript/no-explicit-any
export type NamespaceValues = Record<string, any>;

/** cls-hooked's namespace, as `@types/cls-hooked` has it, with `name` and `fromException` besides. */
export interface Namespace<N = NamespaceValues> {
  readonly name: string;
  /** Never 0; for cls-hooked, which takes namespaces without one for strangers. */
  readonly id: number;
  /** The context of the code that runs now; `null` outside of any. */
  active: NamespaceContext;
  /** Sets a value in the active context, for it and those inside it. Throws without one. Returns the value. */
  set<K extends keyof N = keyof N>(key: K, value: N[K]): N[K];
  /** The value of the active context or of those around it; `undefined` without one. */
  get<K extends keyof N = keyof N>(key: K): N[K];
  /** Runs `fn` in a new context inside the active one, and returns that context. */
  run(fn: (context: NamespaceContext) => void): NamespaceContext;
  /** The same, but returns what `fn` does. */
  runAndReturn<T>(fn: (context: NamespaceContext) => T): T;
  /** The same, for a function that must return a promise. The caller goes on in its own context at once. */
  runPromise<T>(fn: (context: NamespaceContext) => Promise<T>): Promise<T>;
  /** A function that runs `fn` in `context`. @default the active context, or a new one */
  bind<F extends Function>(fn: F, context?: NamespaceContext): F;
  /** Has each listener that is added from now on run in the context that was active when it was added. */
  bindEmitter(emitter: EventEmitter): void;
  /** A new context inside the active one, which is not entered. */
  createContext(): NamespaceContext;
  /** Makes `context` the active one, for what runs from here on, until `exit`. Prefer `run`. */
  enter(context: NamespaceContext): void;
  /** Goes back to what was active before `enter(context)`. Throws when that has not been entered. */
  exit(context: NamespaceContext): void;
  /** The context that an error came out of. */
  fromException(exception: unknown): NamespaceContext;
}
