import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The file of the planted mistakes, as the service names it, and the functions in it. */
export const PLANTED_FILE = 'src/demo/leaks.ts';
export const LEAKING = ['refundOrder', 'importPrices', 'payOrder'] as const;
export const OVERRUNNING = 'exportSales';
/** Holds a connection and waits for another one, in the second of them. */
export const NESTING = ['printInvoice', 'findProduct'] as const;

/** A place that Lifeguard has named. */
export interface NamedPlace {
  readonly file: string;
  readonly line: number;
  readonly functionName: string | undefined;
}

/** Where no stack was recorded. */
export const UNKNOWN: NamedPlace = { file: '(place unknown)', line: 0, functionName: undefined };

export function formatPlace({ file, line, functionName }: NamedPlace): string {
  if (file === UNKNOWN.file) return file;
  return `${file}:${line}${functionName === undefined ? '' : ` ${functionName}`}`;
}

/** Whether `place` lies inside one of the planted functions, by the source as it stands on disk. */
export function isPlanted(place: NamedPlace, functionName: string, lines = plantedLines()): boolean {
  const range = lines.get(functionName);
  if (range === undefined || place.file !== PLANTED_FILE) return false;
  return place.line >= range.first && place.line <= range.last;
}

interface LineRange {
  readonly first: number;
  readonly last: number;
}

function plantedLines(): ReadonlyMap<string, LineRange> {
  const file = fileURLToPath(new URL(`../../examples/kysely-http/${PLANTED_FILE}`, import.meta.url));
  return findFunctions(readFileSync(file, 'utf8'));
}

/** First and last line of each function at the top level. */
export function findFunctions(source: string): ReadonlyMap<string, LineRange> {
  const found = new Map<string, LineRange>();
  const lines = source.split('\n');
  for (const [index, text] of lines.entries()) {
    const name = /^(?:export )?(?:async )?function (\w+)/.exec(text)?.[1];
    if (name === undefined) continue;
    found.set(name, { first: index + 1, last: lines.indexOf('}', index) + 1 });
  }
  return found;
}
