import type { Seen } from './scenarios.ts';

const BEGIN = '<!-- the matrix: written by `LG_WRITE=1 npm test -- postgres` -->';
const END = '<!-- end of the matrix -->';

/** A row for each thing that goes wrong, a column for each layer. */
export function renderMatrix(
  layers: readonly string[],
  seen: ReadonlyMap<string, ReadonlyMap<string, Seen>>,
): string {
  const rows = [...seen].map(
    ([scenario, row]) => `| ${[scenario, ...layers.map((layer) => row.get(layer) ?? '?')].join(' | ')} |`,
  );
  return [`| | ${layers.join(' | ')} |`, `|---|${layers.map(() => '---|').join('')}`, ...rows].join('\n');
}

/** The page with the table in its place. */
export function withMatrix(page: string, table: string): string {
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error('the page has no place for the matrix');
  return `${before}${BEGIN}\n\n${table}\n\n${END}${after}`;
}
