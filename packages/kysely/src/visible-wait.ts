import type { DatabaseConnection } from 'kysely';
import type { ConnectionGate, Consumer } from './executor-hook.ts';

/**
 * Keeps the wait for a connection of `startTransaction()` in V8's async stack. Kysely hands that connection over by a
 * promise that it settles itself, where the stack ends: nobody could tell that the block around waits for it.
 */
export class VisibleWait {
  #connection: DatabaseConnection | undefined;
  #taking: Promise<void> | undefined;

  /** What was taken. */
  get connection(): DatabaseConnection | undefined {
    return this.#connection;
  }

  /** To be hooked into the executor that takes the connection. */
  readonly pass: ConnectionGate = <T>(next: (consumer: Consumer<T>) => Promise<T>, consumer: Consumer<T>) => {
    const forKysely = Promise.withResolvers<T>();
    const taken = next((connection) => {
      this.#connection = connection;
      return consumer(connection);
    });
    // V8 follows a promise that exactly one place awaits; so Kysely, which listens as well, gets one of its own.
    this.#taking = forward(taken, forKysely);
    return forKysely.promise;
  };

  /** Settles as `begun` does; awaits what it waits for. */
  async until<T>(begun: Promise<T>): Promise<T> {
    // What was taken is given back when the transaction ends, or before it has begun: then `begun` says why.
    if (this.#taking !== undefined) await Promise.race([begun, this.#taking]);
    return begun;
  }
}

/** By `await`: V8 would follow `then(resolve, reject)` to the other promise. */
async function forward<T>(from: Promise<T>, to: PromiseWithResolvers<T>): Promise<void> {
  try {
    to.resolve(await from);
  } catch (error) {
    to.reject(error);
  }
}
