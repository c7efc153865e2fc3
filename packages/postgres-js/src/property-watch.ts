/**
 * Hears of each value that is written to a property of this object, before it is there. Who reads it gets what `read` makes of
 * the value. Whoever watches it already goes on to do so.
 */
export function watchProperty(
  target: object,
  name: string,
  {
    written,
    read,
  }: { readonly written?: (value: unknown) => void; readonly read?: (value: unknown) => unknown },
): void {
  const former = Object.getOwnPropertyDescriptor(target, name);
  let kept: unknown = former?.value;
  const look = former?.get ?? ((): unknown => kept);
  const write =
    former?.set ??
    ((value: unknown): void => {
      kept = value;
    });
  Object.defineProperty(target, name, {
    configurable: true,
    enumerable: true,
    get: read === undefined ? look : () => read(Reflect.apply(look, target, [])),
    set: (value: unknown) => {
      written?.(value);
      Reflect.apply(write, target, [value]);
    },
  });
}
