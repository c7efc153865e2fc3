import type { PoolHealth, Severity } from '@lifeguard/core';
import type { CliIo } from './cli-io.ts';

type Colour = 'bold' | 'dim' | 'red' | 'yellow' | 'green';

/** Puts a colour around a text, or leaves it as it is. */
export type Paint = (colour: Colour, text: string) => string;

const CODES: Readonly<Record<Colour, readonly [on: number, off: number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  yellow: [33, 39],
  green: [32, 39],
};

const coloured: Paint = (colour, text) => `\u001b[${CODES[colour][0]}m${text}\u001b[${CODES[colour][1]}m`;

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
  switch (grade) {
    case 'healthy':
      return paint('green', grade);
    case 'info':
      return paint('dim', grade);
    case 'warning':
      return paint('yellow', grade);
    case 'critical':
      return paint('red', grade);
    /* v8 ignore next -- a grade that is missing above does not compile */
    default:
      return grade satisfies never;
  }
}
