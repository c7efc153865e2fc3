import type { Transaction } from 'kysely';
import { compileSavepoint } from './savepoint-commands.ts';
import type { SavepointCommand } from './savepoint-commands.ts';

/** What a nested block needs of the transaction around it. */
export interface Savepoints {
  savepoint(name: string): Promise<void>;
  rollbackTo(name: string): Promise<void>;
  release(name: string): Promise<void>;
  /** A savepoint could not be rolled back: what must not be kept may be in the transaction, so it must not commit. */
  poison(error: unknown): void;
}

/** `ControlledTransaction`, without the types that follow the names of savepoints. */
export interface ControlledCommands {
  savepoint(name: string): { execute(): Promise<unknown> };
  rollbackToSavepoint(name: string): { execute(): Promise<unknown> };
  releaseSavepoint(name: string): { execute(): Promise<unknown> };
}

type Send = <T>(command: () => T) => T;

/** Savepoints by the driver's own methods. */
export class ControlledSavepoints implements Savepoints {
  readonly #control: ControlledCommands;
  readonly #onPoison: (error: unknown) => void;
  readonly #send: Send;

  /** `send` calls what sends a command. */
  constructor(
    control: ControlledCommands,
    onPoison: (error: unknown) => void,
    send: Send = (command) => command(),
  ) {
    this.#control = control;
    this.#onPoison = onPoison;
    this.#send = send;
  }

  async savepoint(name: string): Promise<void> {
    await this.#send(() => this.#control.savepoint(name).execute());
  }

  async rollbackTo(name: string): Promise<void> {
    await this.#send(() => this.#control.rollbackToSavepoint(name).execute());
  }

  async release(name: string): Promise<void> {
    try {
      await this.#send(() => this.#control.releaseSavepoint(name).execute());
    } catch (error) {
      // SQL Server has no such command, nor any need of it.
      if (!(error instanceof Error && error.message.includes('not supported by this driver'))) throw error;
    }
  }

  poison(error: unknown): void {
    this.#onPoison(error);
  }
}

/** Savepoints by SQL, in a transaction of `db.transaction()`, which hides the driver's methods. */
export class SqlSavepoints<DB> implements Savepoints {
  readonly #trx: Transaction<DB>;

  constructor(trx: Transaction<DB>) {
    this.#trx = trx;
  }

  savepoint(name: string): Promise<void> {
    return this.#run('savepoint', name);
  }

  rollbackTo(name: string): Promise<void> {
    return this.#run('rollback to savepoint', name);
  }

  release(name: string): Promise<void> {
    return this.#run('release savepoint', name);
  }

  /** Its owner is Kysely, which cannot be told. A server that refuses a rollback refuses the commit too. */
  poison(): void {}

  async #run(command: SavepointCommand, name: string): Promise<void> {
    const executor = this.#trx.getExecutor();
    await executor.executeQuery(
      compileSavepoint(command, name, (node, id) => executor.compileQuery(node, id)),
    );
  }
}
