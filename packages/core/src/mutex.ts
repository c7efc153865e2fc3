/** Lets one in after the other, first come first served. */
export class Mutex {
  #tail: Promise<void> = Promise.resolve();

  /** Resolves, when all before are out, to what lets the next one in. Calling that twice does nothing. */
  async enter(): Promise<() => void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const before = this.#tail;
    this.#tail = before.then(() => promise);
    await before;
    return resolve;
  }
}
