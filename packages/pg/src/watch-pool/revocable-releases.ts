import type { DriverClient } from '../driver-types.ts';

type Release = (destroy?: unknown) => void;

/**
 * The `release` of clients that can be taken back. pg-pool's own throws when it is called twice; the one that a holder has got
 * here does nothing, once its client was taken back.
 */
export class RevocableReleases {
  readonly #guarded = new WeakMap<DriverClient, Release>();

  /** Whoever holds `client` now gets a `release` that can be called late. `onLate` is told of the first such call. */
  guard(client: DriverClient, onLate: () => void): void {
    const { release } = client;
    if (release === undefined) return;
    let isTaken = false;
    client.release = (destroy) => {
      if (isTaken) onLate();
      else release(destroy);
    };
    this.#guarded.set(client, (error) => {
      isTaken = true;
      release(error);
    });
  }

  /** Closes the client: to its pool it looks as if its holder had given it back with this error. */
  take(client: DriverClient, error: Error): void {
    const release = this.#guarded.get(client);
    this.#guarded.delete(client);
    release?.(error);
  }
}
