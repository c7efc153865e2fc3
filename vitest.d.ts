import 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** A PostgreSQL server for the `postgres` and `templates` projects; its user may create databases. */
    databaseUrl: string;
    /** Where the tarballs of all packages are, for the `templates` project; that of create-lifeguard is unpacked there. */
    packed: string;
  }
}
