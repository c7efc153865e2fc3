import { printableInPlace } from '@lifeguard/core/adapter';
import { maskLine } from './mask-line.ts';
import type { Position, SourceText } from './source-text.ts';

/** Characters of a line that are shown, and how many of them before the place that is meant. */
const WIDTH = 100;
const LEAD = 60;

/** The line of a problem with a caret under the place; what may be secret in it is masked. */
export function excerpt(source: SourceText, position: Position, showKey: boolean): string[] {
  const line = printableInPlace(maskLine(source.line(position.line), showKey));
  // What was masked has no columns of its own.
  const at = Math.min(position.column - 1, line.endsWith('***') ? line.length - 3 : line.length);
  const from = at > WIDTH - 10 ? at - LEAD : 0;
  const shown = line.slice(from, from + WIDTH);
  const head = from > 0 ? '…' : '';
  const tail = from + WIDTH < line.length ? '…' : '';
  const margin = String(position.line).padStart(5);
  return [`${margin} | ${head}${shown}${tail}`, `${' '.repeat(5)} | ${' '.repeat(head.length + at - from)}^`];
}
