/** A place in a text as editors count: both from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** The text of a settings file and where its lines begin. */
export class SourceText {
  readonly file: string;
  /** Without a byte-order mark. */
  readonly text: string;
  readonly #lineStarts: readonly number[];

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text.startsWith('\uFEFF') ? text.slice(1) : text;
    this.#lineStarts = lineStartsOf(this.text);
  }

  positionAt(offset: number): Position {
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#startOf(middle) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - this.#startOf(low) + 1 };
  }

  /** A line without its end. */
  line(number: number): string {
    const end = this.#lineStarts[number] ?? this.text.length;
    return this.text.slice(this.#startOf(number - 1), end).replace(/\r?\n$/, '');
  }

  #startOf(index: number): number {
    return this.#lineStarts[index] ?? this.text.length;
  }
}

function lineStartsOf(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}
