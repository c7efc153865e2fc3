import Module from 'node:module';

type Load = (this: unknown, request: string, ...rest: unknown[]) => unknown;

/** What Node does not type, and all tools of this kind rely on. */
export const loader = Module as unknown as {
  _load: Load;
  readonly _cache: Record<string, { exports?: unknown } | undefined>;
};

/** Whoever requires a CommonJS module gets what `replace` makes of its exports, which must not throw. */
export function onRequired(replace: (exports: unknown) => unknown): void {
  const load = loader._load;
  loader._load = function _load(this: unknown, ...args): unknown {
    return replace(Reflect.apply(load, this, args));
  };
}
