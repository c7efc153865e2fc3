/** What happened in one run, in order; its hash is the same whenever the run is the same. */
export class Trace {
  readonly lines: string[] = [];
  /** How often each kind of event was seen. */
  readonly kinds: Map<string, number> = new Map();
  /** Grows with everything that happens: who waits for quiet looks at it. */
  activity = 0;
  #high = 0x811c9dc5;
  #low = 0x1000193;

  /** Notes an event of a kind; the details belong to the history and its hash, but not to its kind. */
  note(at: number, kind: string, details = ''): void {
    this.activity += 1;
    this.kinds.set(kind, (this.kinds.get(kind) ?? 0) + 1);
    const line = `${at.toFixed(3)} ${kind} ${details}`;
    this.lines.push(line);
    this.#add(line);
  }

  /** 64 bits, as text. Algorithm: FNV-1a, twice with different starts. */
  get hash(): string {
    return [this.#high, this.#low].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
  }

  #add(line: string): void {
    let high = this.#high;
    let low = this.#low;
    for (let index = 0; index < line.length; index += 1) {
      const code = line.charCodeAt(index);
      high = Math.imul(high ^ code, 0x01000193);
      low = Math.imul(low + code, 0x85ebca6b) ^ (low >>> 13);
    }
    this.#high = high;
    this.#low = low;
  }
}
