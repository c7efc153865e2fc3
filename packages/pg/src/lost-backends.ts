import { THIS_PROCESS, formatTag } from './process-tag.ts';

/**
 * Backends of this process whose connections are lost: nobody could say goodbye to them. The next connection that opens
 * ends them, so that a network which fails again and again does not fill the server, nor keep slots from the pool. Known by
 * their process id and the tag in their `application_name`, which no other process bears.
 */
export class LostBackends {
  readonly #found = new Map<number, () => void>();

  /** Resolves when it is known to be gone; perhaps never. */
  add(processId: number): Promise<void> {
    return new Promise((resolve) => {
      this.#found.get(processId)?.();
      this.#found.set(processId, resolve);
    });
  }

  /**
   * Ends them by way of a connection that is new, whose own backend is `processId`. Not behind a pooler: there the backend
   * that answers is another one, and those that are lost are not known. Rejects as `send` does.
   */
  async hunt(processId: number, send: (sql: string) => Promise<unknown>): Promise<void> {
    // The number was given again: who had it before is gone.
    this.#settle(processId);
    if (this.#found.size === 0) return;
    const sql = huntFor([...this.#found.keys()], processId);
    const { rows } = (await send(sql)) as { rows: readonly { pid: number; gone: boolean | null }[] };
    for (const { pid, gone } of rows) if (gone === true) this.#settle(pid);
  }

  #settle(processId: number): void {
    this.#found.get(processId)?.();
    this.#found.delete(processId);
  }
}

/** A row for each; `gone` is not true of one that is there but does not bear our tag, or may not be ended by this user. */
function huntFor(pids: readonly number[], processId: number): string {
  const isOurs = `b.application_name ~ '(^| )${formatTag(THIS_PROCESS)}$' and b.usename = session_user`;
  return `select l.pid, case when b.pid is null then true when ${isOurs} then pg_catalog.pg_terminate_backend(b.pid) end as gone
    from unnest(array[${pids.join(', ')}]) as l(pid) left join pg_catalog.pg_stat_activity b on b.pid = l.pid
    where pg_catalog.pg_backend_pid() = ${processId}`;
}
