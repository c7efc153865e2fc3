import { widthOf } from '../src/monitor/text-width.ts';

/** A terminal, as far as the monitor uses one: it shows what it was told to, and throws at what it does not know. */
export class ScreenEmulator {
  #columns: number;
  #rows: number;
  #cells: string[][] = [];
  #row = 0;
  #column = 0;
  readonly #widthOf: (character: string) => number;
  /** Private modes that are set, by their number. */
  readonly modes = new Set<number>();

  /** `width` says how wide a character is; terminals do not agree about it. */
  constructor(columns: number, rows: number, width: (character: string) => number = widthOf) {
    this.#columns = columns;
    this.#rows = rows;
    this.#widthOf = width;
    this.resize(columns, rows, ' ');
  }

  /** After that nobody knows what is on the screen. */
  resize(columns: number, rows: number, left = '¿'): void {
    this.#columns = columns;
    this.#rows = rows;
    this.#cells = Array.from({ length: rows }, () => Array.from({ length: columns }, () => left));
  }

  /** What can be read, without the space at the end of lines. */
  get lines(): readonly string[] {
    return this.#cells.map((row) => row.join('').trimEnd());
  }

  write(text: string): void {
    // oxlint-disable-next-line no-control-regex -- They are what this is about.
    for (const [part] of text.matchAll(/\u001b\[(\??)([\d;]*)([A-Za-z])|[^]/gu)) {
      if (part.length > 1 && part.startsWith('\u001b')) this.#obey(part);
      else this.#put(part);
    }
  }

  #obey(sequence: string): void {
    const kind = sequence.at(-1);
    const given = sequence.slice(2, -1);
    if (kind === 'H') {
      const [row = 1, column = 1] = given.split(';').map(Number);
      this.#row = row - 1;
      this.#column = column - 1;
    } else if (kind === 'K') {
      for (let at = given === '2' ? 0 : this.#column; at < this.#columns; at += 1) this.#erase(at);
    } else if (kind === 'h' || kind === 'l') {
      const mode = Number(given.slice(1));
      if (kind === 'h') this.modes.add(mode);
      else this.modes.delete(mode);
    } else if (kind === 'J') this.resize(this.#columns, this.#rows, ' ');
    else if (kind !== 'm') throw new Error(`a sequence that is not known: ${JSON.stringify(sequence)}`);
  }

  /** Without wrapping: what does not fit overwrites the last column. */
  #put(character: string): void {
    if (/\p{Cc}/u.test(character)) throw new Error(`a control character: ${JSON.stringify(character)}`);
    const width = this.#widthOf(character);
    if (width === 0) return;
    const at = Math.min(this.#column, this.#columns - width);
    for (let each = 0; each < width; each += 1) this.#erase(at + each);
    this.#set(at, character);
    if (width === 2) this.#set(at + 1, '');
    // In the last column it stands on what it has written: what is erased then takes that with it.
    this.#column = Math.min(at + width, this.#columns - 1);
  }

  /** Half of a wide character is nothing. */
  #erase(at: number): void {
    const row = this.#cells[this.#row];
    if (row?.[at] === '' && at > 0) this.#set(at - 1, ' ');
    if (row?.[at + 1] === '') this.#set(at + 1, ' ');
    this.#set(at, ' ');
  }

  #set(at: number, character: string): void {
    const row = this.#cells[this.#row];
    if (row !== undefined && at >= 0 && at < this.#columns) row[at] = character;
  }
}
