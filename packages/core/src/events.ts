/** Reports the failure of a listener; must not throw. */
export type ListenerFailure = (event: string, error: unknown) => void;

/**
 * Typed events whose listeners cannot hurt: each is called by itself, in order, after the state has changed; what it
 * throws is reported and goes no further. A promise that a listener returns is watched the same way.
 */
export class EventHub<Events extends object> {
  /** Saves the look-up where nobody has ever listened to anything. */
  #isUsed = false;
  readonly #listeners = new Map<keyof Events, ((payload: never) => unknown)[]>();
  readonly #onFailure: ListenerFailure;

  constructor(onFailure: ListenerFailure) {
    this.#onFailure = onFailure;
  }

  /** Adds a listener; call what it returns to remove it. */
  on<Name extends keyof Events>(name: Name, listener: (payload: Events[Name]) => unknown): () => void {
    // A function of its own, so that one that was added twice can be removed once.
    const added = (payload: Events[Name]): unknown => listener(payload);
    this.#isUsed = true;
    // Replaced, never changed in place: an emit under way goes on with the list it began with.
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), added]);
    return () => {
      const rest = (this.#listeners.get(name) ?? []).filter((each) => each !== added);
      this.#listeners.set(name, rest);
    };
  }

  /** Whether an emit would reach anybody. */
  has(name: keyof Events): boolean {
    return this.#isUsed && (this.#listeners.get(name)?.length ?? 0) > 0;
  }

  emit<Name extends keyof Events>(name: Name, payload: Events[Name]): void {
    const listeners = this.#listeners.get(name);
    if (listeners === undefined) return;
    for (const listener of listeners as ((payload: Events[Name]) => unknown)[]) {
      try {
        const result = listener(payload);
        if (result instanceof Promise) result.catch((error: unknown) => this.#onFailure(String(name), error));
      } catch (error) {
        this.#onFailure(String(name), error);
      }
    }
  }
}
