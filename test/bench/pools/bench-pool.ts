/** What a pattern needs of a pool. Each pool has a file of its own here, and a process sees only one of them. */
export interface BenchPool<T = unknown> {
  acquire(): Promise<T>;
  release(resource: T): void;
}

/** Connections in each pool. */
export const CONNECTIONS = 10;
