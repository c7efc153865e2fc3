import { startPostgres } from './embedded-postgres.ts';
import type { PostgresServer, StartPostgresOptions } from './embedded-postgres.ts';

/**
 * Starts a throwaway PostgreSQL for the time of `fn`, and stops it whatever happens; see {@link startPostgres}. Resolves and
 * rejects as `fn` does. A server takes a second or two to start: where many tests need one, let them share it.
 *
 * @example
 * await withPostgres(async ({ url }) => {
 *   await using pool = new LifeguardPool({ connectionString: url });
 *   await migrate(pool);
 * });
 */
export function withPostgres<T>(fn: (server: PostgresServer) => Promise<T> | T): Promise<T>;
export function withPostgres<T>(
  options: StartPostgresOptions,
  fn: (server: PostgresServer) => Promise<T> | T,
): Promise<T>;
export async function withPostgres<T>(
  ...args:
    | [fn: (server: PostgresServer) => Promise<T> | T]
    | [options: StartPostgresOptions, fn: (server: PostgresServer) => Promise<T> | T]
): Promise<T> {
  const [options, fn] = args.length === 1 ? [{}, args[0]] : args;
  await using server = await startPostgres(options);
  return await fn(server);
}
