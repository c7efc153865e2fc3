import type { Rank } from './acquire-priority.ts';
import type { Queued, WaitingLine } from './waiting-line.ts';

/** On whose behalf connections are used. It is known while it holds one or waits for one, and forgotten after that. */
export class Tenant<W extends Queued<W>> {
  /** `undefined` for all who name none. */
  readonly id: string | undefined;
  /** How much of the pool it is due, in relation to others. */
  readonly weight: number;
  /** Connections that it holds now. */
  leases = 0;
  /** A number that grows with each grant of the pool: of two that hold equally much, the one served longer ago is next. */
  servedAt: number;
  /** By priority; made when somebody waits there, or holds what it got there. */
  readonly lines: Partial<Record<Rank, WaitingLine<W>>> = {};

  constructor(id: string | undefined, weight: number, servedAt: number) {
    this.id = id;
    this.weight = weight;
    this.servedAt = servedAt;
  }
}

/** Whether the first is due a connection before the second. */
export function isDueBefore<W extends Queued<W>>(a: Tenant<W>, b: Tenant<W>): boolean {
  // a.leases / a.weight < b.leases / b.weight
  const difference = a.leases * b.weight - b.leases * a.weight;
  return difference === 0 ? a.servedAt < b.servedAt : difference < 0;
}

/**
 * Lines in which somebody waits, the one whose tenant is due a connection first on top: max–min fair, since that is the
 * tenant with the fewest connections for its weight. A binary heap, in which a line knows its place.
 */
export class TenantHeap<W extends Queued<W>> {
  readonly #lines: WaitingLine<W>[] = [];
  #weight = 0;

  get first(): WaitingLine<W> | undefined {
    return this.#lines[0];
  }

  /** Of all tenants in it. */
  get weight(): number {
    return this.#weight;
  }

  [Symbol.iterator](): Iterator<WaitingLine<W>> {
    return this.#lines[Symbol.iterator]();
  }

  /** Adds a line that is not in it. */
  add(line: WaitingLine<W>): void {
    this.#weight += line.tenant.weight;
    line.heapIndex = this.#lines.push(line) - 1;
    this.#rise(line);
  }

  /** Takes out a line that is in it. */
  remove(line: WaitingLine<W>): void {
    const last = this.#lines.pop() as WaitingLine<W>;
    // Exactly 0 when nobody is left, whatever the weights have been rounded to.
    this.#weight = this.#lines.length === 0 ? 0 : this.#weight - line.tenant.weight;
    if (last !== line) {
      this.#put(last, line.heapIndex);
      this.moved(last);
    }
    line.heapIndex = -1;
  }

  /** What the tenant of this line, which is in it, holds has changed. */
  moved(line: WaitingLine<W>): void {
    this.#rise(line);
    this.#sink(line);
  }

  #rise(line: WaitingLine<W>): void {
    while (line.heapIndex > 0) {
      const above = this.#lines[(line.heapIndex - 1) >> 1] as WaitingLine<W>;
      if (!isDueBefore(line.tenant, above.tenant)) return;
      this.#swap(line, above);
    }
  }

  #sink(line: WaitingLine<W>): void {
    for (;;) {
      const [left, right] = [this.#lines[2 * line.heapIndex + 1], this.#lines[2 * line.heapIndex + 2]];
      if (left === undefined) return;
      const below = right !== undefined && isDueBefore(right.tenant, left.tenant) ? right : left;
      if (!isDueBefore(below.tenant, line.tenant)) return;
      this.#swap(line, below);
    }
  }

  #swap(one: WaitingLine<W>, other: WaitingLine<W>): void {
    const at = one.heapIndex;
    this.#put(one, other.heapIndex);
    this.#put(other, at);
  }

  #put(line: WaitingLine<W>, index: number): void {
    this.#lines[index] = line;
    line.heapIndex = index;
  }
}
