import { closest } from '@lifeguard/core/adapter';
import { DATABASE_KEYS } from './database-keys.ts';
import { knownAt } from './settings-schema.ts';

/** What to say about a key that is not known, and the key that was probably meant. */
export function explainUnknownKey(path: readonly PropertyKey[]): { message: string; suggestion?: string } {
  const name = String(path.at(-1));
  const { keys = [] } = knownAt(path.slice(0, -1));
  if (name === '<<')
    return { message: 'unknown key; merge keys are not supported, repeat what you would merge' };
  const suggestion = closest(name, keys) ?? keys.find((key) => DATABASE_KEYS[key]?.option === name);
  if (suggestion !== undefined) return { message: `unknown key, did you mean "${suggestion}"?`, suggestion };
  const section = sectionsWith(name)[0];
  if (section !== undefined) return { message: `unknown key here, it belongs under ${section.join('.')}` };
  if (keys.length <= 8) return { message: `unknown key, known here: ${keys.join(', ')}` };
  return { message: 'unknown key; the README of @lifeguard/config lists those there are' };
}

/** Sections that have a key of this name. */
function sectionsWith(name: string, path: readonly string[] = []): (readonly string[])[] {
  const { keys = [] } = knownAt(path);
  const below = keys.flatMap((key) => sectionsWith(name, [...path, key]));
  return keys.includes(name) ? [path, ...below] : below;
}
