/** What is done where a property is written, and read. */
interface PropertyWatch {
  /** Told of each value before it is there. */
  readonly written?: (value: unknown) => void;
  /** What whoever reads it gets in place of the value. */
  readonly read?: (value: unknown) => unknown;
}

/** Watches a property of this object. Whoever watches it already goes on to do so. */
export function watchProperty(target: object, name: string, { written, read }: PropertyWatch): void {
  const former = Object.getOwnPropertyDescriptor(target, name);
  let kept: unknown = former?.value;
  const look = (): unknown => (former?.get === undefined ? kept : former.get.call(target));
  Object.defineProperty(target, name, {
    configurable: true,
    enumerable: true,
    get: read === undefined ? look : () => read(look()),
    set: (value: unknown) => {
      written?.(value);
      if (former?.set === undefined) kept = value;
      else former.set.call(target, value);
    },
  });
}
