/**
 * Whether a text may be an address, or a part of one that a stray character or a cut line has left: then it may have a
 * password in it. No key and no value that this package knows has any of these, but for addresses.
 */
export function mayBeAddress(text: string): boolean {
  return /[/@:]/.test(text);
}
