import type { PoolHealth, Severity } from '@lifeguard/core';
import type { CliIo } from './cli-io.ts';

/** How a text can look. */
export type Colour = 'bold' | 'dim' | 'red' | 'yellow' | 'green' | 'reverse';

/** Puts a colour around a text, or leaves it as it is. */
export type Paint = (colour: Colour, text: string) => string;

const CODES: Readonly<Record<Colour, readonly [on: number, off: number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  yellow: [33, 39],
  green: [32, 39],
  reverse: [7, 27],
};

/** With colours. */
export const coloured: Paint = (colour, text) =>
  `\u001b[${CODES[colour][0]}m${text}\u001b[${CODES[colour][1]}m`;

/** Without colours. */
export const plain: Paint = (_, text) => text;

/** `FORCE_COLOR` decides, then `NO_COLOR`, then whether a terminal is there that is not `dumb`. */
export function paintFor({ env, isTTY }: Pick<CliIo, 'env' | 'isTTY'>): Paint {
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) return forced === '0' || forced === 'false' ? plain : coloured;
  if ((env['NO_COLOR'] ?? '') !== '') return plain;
  return isTTY && env['TERM'] !== 'dumb' ? coloured : plain;
}

/** A health or severity in its colour. */
export function paintGrade(paint: Paint, grade: PoolHealth | Severity): string {
  return paint(colourOf(grade), grade);
}

/** The colour of a health or severity. */
export function colourOf(grade: PoolHealth | Severity): Colour {
  switch (grade) {
    case 'healthy':
      return 'green';
    case 'info':
      return 'dim';
    case 'warning':
      return 'yellow';
    case 'critical':
      return 'red';
    /* v8 ignore next -- a grade that is missing above does not compile */
    default:
      return grade satisfies never;
  }
}
