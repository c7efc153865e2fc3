/** The part of a namespace that a bridge needs: cls-hooked's, one of this package, or another of that interface. */
export interface BridgeableNamespace {
  /** The context of the code that runs now; `null` outside of any. */
  readonly active: unknown;
  createContext(): unknown;
  enter(context: unknown): void;
  exit(context: unknown): void;
}

/** The context that is active, if it is one. */
export function activeContext(namespace: BridgeableNamespace): object | undefined {
  const active: unknown = namespace.active;
  return typeof active === 'object' && active !== null ? active : undefined;
}

/** Runs `fn`, and all that it starts, in `context`. */
export function inContext<T>(namespace: BridgeableNamespace, context: object, fn: () => T): T {
  namespace.enter(context);
  try {
    return fn();
  } finally {
    namespace.exit(context);
  }
}
