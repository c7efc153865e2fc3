import { InvariantError } from '@lifeguard/core';
import type { BlockFailure } from './transaction-level.ts';

/** How a block gets through an ORM. */
export interface Passage<T> {
  /** The ORM's own transaction, or savepoint. */
  readonly begin: (block: (tx: object) => Promise<T>) => PromiseLike<unknown>;
  readonly work: (tx: object) => Promise<T>;
  /** What becomes of an error of the ORM's own: of BEGIN, COMMIT and their like. */
  readonly explain: (error: unknown) => unknown;
  /** Is told at once of what it will reject with; the rollback may take a while. */
  readonly failed?: (error: unknown) => void;
}

/**
 * Runs `work` in a transaction of the ORM's, and settles as it does, whatever the ORM makes of it: some lose the error when the rollback
 * fails as well, some resolve before the block has ended.
 */
export async function runInLayer<T>(passage: Passage<T>): Promise<T> {
  const { begin, failed } = passage;
  const block = new Block(passage);
  try {
    await begin((tx) => block.run(tx));
    return await block.result;
  } catch (error) {
    if (block.failure !== undefined) throw block.failure.error;
    const own = passage.explain(error);
    failed?.(own);
    throw own;
  }
}

/** What the ORM calls back, and what becomes of it. */
class Block<T> {
  readonly #passage: Passage<T>;
  #running: Promise<T> | undefined;
  failure: BlockFailure | undefined;

  constructor(passage: Passage<T>) {
    this.#passage = passage;
  }

  get result(): Promise<T> {
    if (this.#running !== undefined) return this.#running;
    throw new InvariantError('the ORM has ended a transaction without running it');
  }

  run(tx: object): Promise<T> {
    return (this.#running = this.#watch(tx));
  }

  async #watch(tx: object): Promise<T> {
    try {
      return await this.#passage.work(tx);
    } catch (error) {
      this.failure = { error };
      this.#passage.failed?.(error);
      throw error;
    }
  }
}
