/** Narrower than that, lines are cut by the terminal anyway. */
const NARROWEST = 40;
/** Longer lines are hard to read. */
const WIDEST = 110;

/** How output is laid out. */
export interface Layout {
  readonly columns: number | undefined;
}

/** `label`, and `text` beside it, broken between words where the terminal is too narrow. */
export function hanging(label: string, text: string, layout: Layout): string {
  const [first = '', ...rest] = wrap(text, layout, label.length);
  return [`${label}${first}`, ...rest.map((line) => ' '.repeat(label.length) + line)].join('\n');
}

function wrap(text: string, { columns }: Layout, indent: number): string[] {
  if (columns === undefined) return [text];
  const width = Math.max(NARROWEST, Math.min(columns, WIDEST)) - indent;
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** Columns as wide as what is in them; numbers are to the right. The last column is not padded. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => String(row[column] ?? '').length)),
  );
  const lineOf = (cells: readonly (string | number)[]): string =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        const isNumber = typeof (rows[0]?.[column] ?? '') === 'number';
        if (isNumber) return String(cell).padStart(width);
        return column === cells.length - 1 ? String(cell) : String(cell).padEnd(width);
      })
      .join('  ')
      .trimEnd();
  return [head, ...rows].map(lineOf).join('\n');
}
