/** How a query has ended. */
export type QueryOutcome =
  | { readonly kind: 'answered'; readonly commands: readonly string[] }
  | { readonly kind: 'failed'; readonly error: unknown };

/** It tells neither: what it had in the place of its `resolve` was replaced. */
export const UNTOLD: QueryOutcome = Object.freeze({ kind: 'answered', commands: [] });

/** Of what a query resolves to: a result, a list of them, or something else. */
export function answered(value: unknown): QueryOutcome {
  const results: readonly unknown[] = Array.isArray(value) && !('command' in value) ? value : [value];
  return { kind: 'answered', commands: results.map(commandOf).filter((command) => command !== undefined) };
}

function commandOf(result: unknown): string | undefined {
  if (typeof result !== 'object' || result === null) return undefined;
  const command: unknown = Reflect.get(result, 'command');
  return typeof command === 'string' ? command : undefined;
}
