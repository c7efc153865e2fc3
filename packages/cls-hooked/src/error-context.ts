/** Where an error that leaves a context has that context. As in cls-hooked. */
export const ERROR_SYMBOL = 'error@context';

/** Notes the context that an error leaves. What cannot have properties is left as it is: the error must arrive. */
export function markError(error: unknown, context: object): void {
  if ((typeof error !== 'object' && typeof error !== 'function') || error === null) return;
  Reflect.set(error, ERROR_SYMBOL, context);
}

/** The context that an error has left, the outermost if there were several. */
export function contextOfError(error: unknown): unknown {
  if (error === null || error === undefined) return undefined;
  return (error as { readonly [ERROR_SYMBOL]?: unknown })[ERROR_SYMBOL];
}
