/** Control, formatting and line-separating characters: what could move a terminal's cursor or forge a line of a log. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Shown text keeps to this length unless said otherwise. */
const SHOWN_CHARACTERS = 60;

/** `text` cut to `limit` characters, with what must not reach a terminal or log written as an escape. */
export function printable(text: string, limit: number = SHOWN_CHARACTERS): string {
  const cut = text.length > limit ? `${text.slice(0, limit)}…` : text;
  return cut.replaceAll(UNPRINTABLE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** `text` with a stand-in for each such character, so that columns stay where they are. */
export function printableInPlace(text: string): string {
  return text.replaceAll('\t', ' ').replaceAll(UNPRINTABLE, '\uFFFD');
}

/** A dotted path; a key that is no plain word is quoted. */
export function printablePath(path: readonly PropertyKey[]): string {
  return path.map((key) => printableKey(String(key))).join('.');
}

function printableKey(key: string): string {
  return /^[\w-]{1,64}$/.test(key) ? key : `"${printable(key.replaceAll('"', '\\"'), 64)}"`;
}
