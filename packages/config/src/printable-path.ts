import { printable } from '@lifeguard/core/adapter';
import { mayBeAddress } from './may-be-address.ts';

/** A dotted path; a key that is no plain word is quoted. */
export function printablePath(path: readonly PropertyKey[]): string {
  return path.map((key) => printableKey(String(key))).join('.');
}

/** What is no plain word may be a value that a misplaced colon made a key. */
function printableKey(key: string): string {
  if (mayBeAddress(key)) return '"***"';
  return /^[\w-]{1,64}$/.test(key) ? key : `"${printable(key.replaceAll('"', '\\"'), 64)}"`;
}
