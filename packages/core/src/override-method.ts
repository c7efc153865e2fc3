/** Any function, called with whatever it was called with. */
export type AnyFunction = (this: unknown, ...args: never[]) => unknown;

/**
 * Puts a function in front of a method of this one object, where neither a loop over its keys nor a look at it in the log shows
 * it. `make` gets the former method, looked up at each call, since somebody may replace it in the prototype. Returns what puts
 * everything back; where somebody has put another function in front of ours by then, ours stays.
 */
export function overrideMethod(
  target: object,
  name: string,
  make: (former: () => AnyFunction) => AnyFunction,
): () => void {
  const before = Object.getOwnPropertyDescriptor(target, name);
  const former = (): AnyFunction => {
    if (before === undefined)
      return Reflect.get(Object.getPrototypeOf(target) as object, name, target) as AnyFunction;
    // Decorators that bind methods leave an accessor.
    return (before.get === undefined ? before.value : before.get.call(target)) as AnyFunction;
  };
  const value = make(former);
  passFor(value, former());
  const { enumerable = false } = before ?? {};
  Object.defineProperty(target, name, { value, enumerable, configurable: true, writable: true });
  return () => {
    if (Object.getOwnPropertyDescriptor(target, name)?.value !== value) return;
    if (before === undefined) Reflect.deleteProperty(target, name);
    else Object.defineProperty(target, name, before);
  };
}

/** Gives a function the name and the length of the one that it stands for, if there is one. */
function passFor(value: AnyFunction, former: unknown): void {
  if (typeof former !== 'function') return;
  Object.defineProperties(value, { name: { value: former.name }, length: { value: former.length } });
}
