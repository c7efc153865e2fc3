import { printable } from '@lifeguard/core/adapter';
import { activeContext } from './bridgeable-namespace.ts';
import type { BridgeableNamespace } from './bridgeable-namespace.ts';

/** As many as a session shows; values may come from a stranger, so they are cut. */
const MAX_TAGS = 16;
const MAX_LENGTH = 100;

/** The values of the active context under these names that are text, numbers or booleans, as they may be shown. */
export function namespaceTags(
  namespace: BridgeableNamespace,
  names: readonly string[],
): Readonly<Record<string, string>> {
  const context = activeContext(namespace);
  if (context === undefined) return Object.freeze({});
  const tags = names
    .map((name) => [name, textOf(context, name)] as const)
    .filter((tag): tag is readonly [string, string] => tag[1] !== undefined)
    .slice(0, MAX_TAGS);
  return Object.freeze(Object.fromEntries(tags));
}

/** Objects are left out: what they print as is for their author to say, and may be personal. */
function textOf(context: object, name: string): string | undefined {
  try {
    const value: unknown = Reflect.get(context, name);
    if (typeof value === 'string') return printable(value, MAX_LENGTH - 1);
    if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
      return String(value);
    return undefined;
  } catch {
    return undefined;
  }
}
