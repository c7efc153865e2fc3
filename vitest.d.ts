import 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** A PostgreSQL server for the `postgres` project; its user may create databases. */
    databaseUrl: string;
  }
}
