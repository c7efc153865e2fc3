/** Control, formatting (bidi too) and line-separating characters: what could move a cursor or forge a line of a log. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
/** Nearly every text: it is found harmless without a look at each character's properties. */
const HARMLESS = /^[ -~×–…←→]*$/;

/** Shown text keeps to this length unless said otherwise: names, labels and tags may come from a stranger. */
const SHOWN_CHARACTERS = 256;

/** `text` cut to `limit` characters, with what must not reach a terminal or log written as an escape, such as `\u{1b}`. */
export function printable(text: string, limit: number = SHOWN_CHARACTERS): string {
  const cut = text.length > limit ? `${text.slice(0, limit)}…` : text;
  if (HARMLESS.test(cut)) return cut;
  return cut.replaceAll(UNPRINTABLE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** `text` with a stand-in for each such character, so that columns stay where they are. */
export function printableInPlace(text: string): string {
  return text.replaceAll('\t', ' ').replaceAll(UNPRINTABLE, '\uFFFD');
}

/** Whether `text` has no such character. */
export function isPrintable(text: string): boolean {
  return HARMLESS.test(text) || text.search(UNPRINTABLE) < 0;
}
