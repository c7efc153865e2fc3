import 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** The server of the run, by `@lifeguard/testing/global-postgres`; its user may create databases. */
    databaseUrl: string;
  }
}
