import { accessSync, constants, existsSync, readdirSync } from 'node:fs';

/** Programs that come with packages of Debian (or elsewhere) and not from npm. */
export interface DebianPrograms {
  /** The pooler itself. */
  readonly pgbouncer: string | undefined;
  /** The folder with `initdb` and `postgres` of the newest PostgreSQL that is installed. */
  readonly postgres: string | undefined;
  /** The library that shows a process another wall clock. */
  readonly faketime: string | undefined;
  /** The server that scrapes, evaluates rules and answers queries. */
  readonly prometheus: string | undefined;
  /** What checks text for Prometheus. */
  readonly promtool: string | undefined;
  /** The server; what it needs beside, its system tables, comes with it. */
  readonly mariadb: string | undefined;
}

const PGBOUNCER = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer', '/usr/local/bin/pgbouncer'];
const PROMETHEUS = ['/usr/bin/prometheus', '/usr/local/bin/prometheus'];
const PROMTOOL = ['/usr/bin/promtool', '/usr/local/bin/promtool'];
const MARIADB = ['/usr/sbin/mariadbd'];
const POSTGRES = '/usr/lib/postgresql';
const LIBRARIES = '/usr/lib';

/** What is installed; `undefined` for what is not. */
export function findDebianPrograms(): DebianPrograms {
  const versions = namesIn(POSTGRES)
    .map(Number)
    .filter((version) => version > 0)
    .toSorted((one, other) => other - one);
  return {
    pgbouncer: PGBOUNCER.find(isProgram),
    postgres: versions
      .map((version) => `${POSTGRES}/${version}/bin`)
      .find((folder) => isProgram(`${folder}/postgres`)),
    faketime: namesIn(LIBRARIES)
      .map((folder) => `${LIBRARIES}/${folder}/faketime/libfaketime.so.1`)
      .find((file) => existsSync(file)),
    prometheus: PROMETHEUS.find(isProgram),
    promtool: PROMTOOL.find(isProgram),
    mariadb: MARIADB.find(isProgram),
  };
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
