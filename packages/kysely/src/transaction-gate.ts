import type { DatabaseConnection } from 'kysely';
import type { ConnectionGate, Consumer } from './executor-hook.ts';
import { LeaseConnection } from './lease-connection.ts';
import { stopRunning } from './stop-running.ts';
import type { FailedStatement } from './commit-rolled-back-error.ts';

/**
 * Decides which queries of a managed block still reach its transaction. It closes with the block: a callback that goes on
 * after its deadline, or a promise that nobody awaited, must not write into the transaction around it.
 */
export class TransactionGate {
  readonly #check: (() => void) | undefined;
  #closed: (() => unknown) | undefined;
  /** What passes that is asked for in this call: what is held elsewhere, or also what comes after the end. */
  #privilege: 'none' | 'ahead' | 'always' = 'none';
  #holds = 0;
  /** Resolves when nothing is held any more, or when the gate closes. */
  #flowing: PromiseWithResolvers<void> | undefined;
  #running = 0;
  #connection: DatabaseConnection | undefined;

  /** `check` throws when what is around leaves nothing to pass to. */
  constructor(check?: () => void) {
    this.#check = check;
  }

  /** What failed first in the transaction, where the dialect is ours. */
  get firstFailure(): FailedStatement | undefined {
    return this.#connection instanceof LeaseConnection ? this.#connection.firstFailure : undefined;
  }

  readonly pass: ConnectionGate = (next, consumer) => {
    if (this.#privilege === 'always') return next(consumer);
    const go = (): ReturnType<typeof next> => next((connection) => this.#run(connection, consumer));
    return this.#holds === 0 || this.#privilege === 'ahead' ? go() : this.#held(go);
  };

  /**
   * From now on every query rejects with what `makeReason` returns. The first one stands. It is asked by the query that
   * comes too late, which few transactions have, and so the stack of an error made there shows where that is.
   */
  close(makeReason: () => unknown): void {
    this.#closed ??= makeReason;
    this.#flowing?.resolve();
  }

  /** Lets queries wait until `done` resolves: before their turn, so that it stays free for what they wait for. */
  hold(done: Promise<void>): void {
    this.#holds += 1;
    this.#flowing ??= Promise.withResolvers();
    void done.then(() => {
      this.#holds -= 1;
      if (this.#holds > 0) return;
      this.#flowing?.resolve();
      this.#flowing = undefined;
    });
  }

  assertOpen(): void {
    // What a signal was aborted with need not be an Error.
    if (this.#closed !== undefined) throw this.#closed();
    this.#check?.();
  }

  /** What `fn` asks for in this call passes also when the gate is closed: the commands that end the transaction. */
  bypass<T>(fn: () => T): T {
    return this.#privileged('always', fn);
  }

  /** What `fn` asks for in this call is not held: the commands that the others wait for. */
  ahead<T>(fn: () => T): T {
    return this.#privileged('ahead', fn);
  }

  /** Stops what the block is running now, where that can be done; elsewhere the query runs to its end. Never rejects. */
  async cancelRunning(): Promise<void> {
    if (this.#running > 0) await stopRunning(this.#connection);
  }

  #privileged<T>(privilege: 'ahead' | 'always', fn: () => T): T {
    this.#privilege = privilege;
    try {
      return fn();
    } finally {
      this.#privilege = 'none';
    }
  }

  async #held<T>(go: () => Promise<T>): Promise<T> {
    while (this.#holds > 0 && this.#closed === undefined) await this.#flowing?.promise;
    this.assertOpen();
    return go();
  }

  async #run<T>(connection: DatabaseConnection, consumer: Consumer<T>): Promise<T> {
    // Here, not before: it may have closed while the connection was waited for.
    this.assertOpen();
    this.#connection = connection;
    this.#running += 1;
    try {
      return await consumer(connection);
    } finally {
      this.#running -= 1;
    }
  }
}
