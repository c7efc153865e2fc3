/** The links that a member of a {@link LinkedList} carries itself. Only the list writes them. */
export interface Linked<T extends Linked<T>> {
  prev: T | undefined;
  next: T | undefined;
  /** The list it is in now; an object is in one list at a time. */
  list: LinkedList<T> | undefined;
}

/**
 * A doubly linked list through fields of its members: add, remove and reach both ends in constant time, without
 * allocating. Queues, idle connections and open leases are all kept this way, since each must lose members from its
 * middle (a caller gives up, a socket dies).
 */
export class LinkedList<T extends Linked<T>> {
  #first: T | undefined;
  #last: T | undefined;
  #length = 0;

  get first(): T | undefined {
    return this.#first;
  }

  get last(): T | undefined {
    return this.#last;
  }

  get length(): number {
    return this.#length;
  }

  /** Adds `node` behind all others. */
  append(node: T): void {
    if (node.list !== undefined) throw new Error('BUG: the node is in a list already');
    node.list = this;
    node.prev = this.#last;
    if (this.#last) this.#last.next = node;
    else this.#first = node;
    this.#last = node;
    this.#length += 1;
  }

  /** Takes `node` out. Returns false, and does nothing, when it is not in this list. */
  remove(node: T): boolean {
    if (node.list !== this) return false;
    if (node.prev) node.prev.next = node.next;
    else this.#first = node.next;
    if (node.next) node.next.prev = node.prev;
    else this.#last = node.prev;
    node.prev = undefined;
    node.next = undefined;
    node.list = undefined;
    this.#length -= 1;
    return true;
  }

  /** Takes the oldest member out. */
  shift(): T | undefined {
    const node = this.#first;
    if (node) this.remove(node);
    return node;
  }

  /** From the oldest to the newest; the member just yielded, and only that one, may be removed meanwhile. */
  *[Symbol.iterator](): Generator<T, void, void> {
    let node = this.#first;
    while (node) {
      const next: T | undefined = node.next;
      yield node;
      node = next;
    }
  }
}
