/** One way to use PostgreSQL. Each has a file of its own here, and a process sees only one of them. */
export interface BenchClient {
  /** Takes a connection, runs `select 1`, gives it back. */
  select(): Promise<unknown>;
  /** The same with a short transaction on this row. */
  transaction?(id: number): Promise<unknown>;
  /** And in a managed transaction, with a deadline. */
  managed?(id: number): Promise<unknown>;
}

/** Connections of each client. */
export const CONNECTIONS = 10;

export const UPDATE = 'update account set balance = balance + 1 where id = $1';
export const READ = 'select balance from account where id = $1';

/** As much of a connection as the transaction needs. */
interface Querying {
  query(text: string, values?: unknown[]): Promise<unknown>;
}

/** The transaction that all run, by hand. */
export async function transact(client: Querying, id: number): Promise<void> {
  await client.query('begin');
  await client.query(UPDATE, [id]);
  await client.query(READ, [id]);
  await client.query('commit');
}
