import { printable } from '@lifeguard/core';

/** A dotted path; a key that is no plain word is quoted. */
export function printablePath(path: readonly PropertyKey[]): string {
  return path.map((key) => printableKey(String(key))).join('.');
}

function printableKey(key: string): string {
  return /^[\w-]{1,64}$/.test(key) ? key : `"${printable(key.replaceAll('"', '\\"'), 64)}"`;
}
