/** A name of a database that can be shown: what comes of an address that was written wrong may be part of a password. */
const DATABASE = /^[\w-]{1,63}$/;

/** What a pool is called: by its database; with a number where another one is called so. */
export function poolName(pool: object, taken: ReadonlySet<string>): string {
  const name = databaseOf(pool) ?? 'main';
  let free = name;
  for (let number = 2; taken.has(free); number += 1) free = `${name}-${number}`;
  return free;
}

function databaseOf(pool: object): string | undefined {
  const { database, connectionString } = (Reflect.get(pool, 'options') ?? {}) as Record<string, unknown>;
  const name = typeof connectionString === 'string' ? databaseIn(connectionString) : database;
  return typeof name === 'string' && DATABASE.test(name) ? name : undefined;
}

function databaseIn(address: string): string | undefined {
  return URL.canParse(address) ? new URL(address).pathname.slice(1) : undefined;
}
