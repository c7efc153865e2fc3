import { createRequire } from 'node:module';
import * as own from '../src/index.ts';

/** cls-hooked's module, as `@types/cls-hooked` has it, with what that leaves out. */
export type Cls = typeof import('cls-hooked') & { readonly ERROR_SYMBOL: string };
export type ClsNamespace = import('cls-hooked').Namespace & { fromException(error: unknown): unknown };

const require = createRequire(import.meta.url);

/** The real one. */
export const clsHooked = require('cls-hooked') as Cls;

/** Both implementations, by name; ours is taken for theirs, as an application would that changes its import. */
export const BOTH: readonly (readonly [string, Cls])[] = [
  ['cls-hooked', clsHooked],
  ['@lifeguard/cls-hooked', own],
];

let last = 0;

/** A namespace that no other test uses. */
export function freshNamespace(cls: Cls): ClsNamespace {
  last += 1;
  return cls.createNamespace(`test ${last}`) as ClsNamespace;
}
