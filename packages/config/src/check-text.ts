import type { ProblemLog } from './problem-log.ts';
import type { SourceText } from './source-text.ts';

/** Settings of a hundred pools are smaller. */
export const MOST_BYTES: number = 256 * 1024;
/** What to say of a larger one. */
export const TOO_LARGE: string = `larger than ${MOST_BYTES / 1024} kB, which no settings are`;

/** Looks for what no settings file contains, before anything tries to understand it. */
export function checkText(source: SourceText, log: ProblemLog): void {
  const { text } = source;
  if (Buffer.byteLength(text) > MOST_BYTES) log.fail({ path: [], message: TOO_LARGE });
  // No control character but tab, line feed, and carriage return before a line feed.
  const at = text.search(/(?![\t\n\r])\p{Cc}|\r(?!\n)/u);
  if (at >= 0) log.fail({ offset: at, path: [], message: describeCharacter(text.charCodeAt(at)) });
}

function describeCharacter(code: number): string {
  if (code === 0) return 'a NUL character; save the file as text in UTF-8';
  if (code === 0x0d) return 'a carriage return without a line feed; save the file with LF or CRLF line ends';
  return `the control character U+${code.toString(16).toUpperCase().padStart(4, '0')}; remove it`;
}
