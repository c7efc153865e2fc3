import { afterAll, beforeAll, inject } from 'vitest';
import { createDatabase, databaseFromEnvironment } from '../database.ts';
import { startPostgres } from '../embedded-postgres.ts';
import './provided-context.ts';

/** The database of a file of tests. */
export interface FileDatabase {
  /** Throws before `beforeAll`: to be read in tests and hooks. */
  readonly url: string;
}

/** An embedded server starts within seconds; on a busy machine, within more. */
const START_LIMIT_MS = 120_000;

/**
 * Makes an empty database for the file of tests (or the group) that calls it, and removes it at its end. It is on the server of
 * the run when `@lifeguard/testing/global-postgres` is among `test.globalSetup`, else on that of `DATABASE_URL`, else on one of
 * its own. Needs the optional packages `pg` and, for a server, `embedded-postgres`.
 *
 * @example
 * const database = usePostgres();
 * test('…', async () => {
 *   await using pool = new LifeguardPool({ connectionString: database.url });
 * });
 */
export function usePostgres(): FileDatabase {
  let held: Held | undefined;
  beforeAll(async () => {
    held = await holdDatabase();
  }, START_LIMIT_MS);
  afterAll(async () => {
    await held?.release();
  }, START_LIMIT_MS);
  return {
    get url() {
      if (held === undefined) throw new Error('the database is made in beforeAll: read its url in a test');
      return held.url;
    },
  };
}

interface Held {
  readonly url: string;
  release(): Promise<void>;
}

async function holdDatabase(): Promise<Held> {
  // Without the global setup nothing is provided, whatever its type says.
  const given = (inject('databaseUrl') as string | undefined) ?? databaseFromEnvironment();
  if (given !== undefined) {
    const database = await createDatabase(given);
    return { url: database.url, release: () => database.drop() };
  }
  const server = await startPostgres();
  try {
    const { url } = await createDatabase(server.url);
    // The database goes with its server.
    return { url, release: () => server.stop() };
  } catch (error) {
    await server.stop();
    throw error;
  }
}
