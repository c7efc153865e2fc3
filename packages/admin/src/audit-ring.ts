import type { ActionArguments } from './admin-action.ts';
import type { AdminTransport } from './admin-options.ts';

/** One attempt to act, as it is kept and told. */
export interface AuditEntry {
  /** ISO 8601, wall clock. */
  readonly at: string;
  readonly pool: string;
  readonly action: string;
  readonly arguments: ActionArguments;
  readonly outcome: 'done' | 'failed' | 'refused';
  /** Why it was refused, or how it failed. */
  readonly code: string | undefined;
  /** How many it met, where the pool has counted. */
  readonly count: number | undefined;
  /** Which way it came. Who it was Node does not tell of a socket, and a token is the same for all. */
  readonly peer: AdminTransport;
}

/** Entries that are kept; all of them are told to `log`. */
const CAPACITY = 100;

/** Keeps the last entries, the newest last. */
export class AuditRing {
  readonly #entries: AuditEntry[] = [];
  readonly #log: ((entry: AuditEntry) => unknown) | undefined;

  constructor(log?: (entry: AuditEntry) => unknown) {
    this.#log = log;
  }

  /** What was written last, at most 100 entries. */
  entries(): readonly AuditEntry[] {
    return [...this.#entries];
  }

  add(entry: AuditEntry): void {
    const kept = Object.freeze(entry);
    this.#entries.push(kept);
    if (this.#entries.length > CAPACITY) this.#entries.shift();
    try {
      const told = this.#log?.(kept);
      if (told instanceof Promise) told.catch(() => undefined);
    } catch {
      // A log is somebody's code as well; what was done is done.
    }
  }
}
