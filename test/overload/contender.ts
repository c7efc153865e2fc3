/** A borrowed connection. On a virtual clock there is nothing to ask of it. */
export interface Borrowed {
  query?(text: string, values?: readonly unknown[]): Promise<unknown>;
}

/** A pool under test, driven in the same way whatever it is. */
export interface Contender {
  readonly name: string;
  /** Runs `job` with a connection, in whatever way this pool is told of deadlines. Rejects when it gets none. */
  run(deadlineMs: number, job: (borrowed: Borrowed) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}
