import { cp, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { startPostgres } from './embedded-postgres.ts';
import type { PostgresServer, StartPostgresOptions } from './embedded-postgres.ts';

/** Of these the copy begins with empty folders, as `pg_basebackup` leaves them. */
const EMPTIED = [
  'pg_wal',
  'pg_replslot',
  'pg_stat_tmp',
  'pg_notify',
  'pg_serial',
  'pg_snapshots',
  'pg_subtrans',
];
const LEFT_OUT = ['postmaster.pid', 'postmaster.opts', 'pg_internal.init'];

/**
 * Starts a streaming replica of `primary` (PostgreSQL 15 or later, of the same installation), which answers queries that
 * only read until `select pg_promote()` makes it a primary. Needs the optional package `pg`.
 *
 * @example
 * await using primary = await startPostgres();
 * await using replica = await startReplica(primary);
 */
export function startReplica(
  primary: PostgresServer,
  options: Omit<StartPostgresOptions, 'fill'> = {},
): Promise<PostgresServer> {
  const flags = [...(options.flags ?? []), '-c', `primary_conninfo=${connectionInfo(primary)}`];
  return startPostgres({ ...options, flags, fill: (data) => copyInto(data, primary) });
}

/** What a replica connects to `primary` with: the value of `primary_conninfo`. */
export function connectionInfo({ url }: PostgresServer): string {
  const { hostname, port, username, password } = new URL(url);
  return `host=${hostname} port=${port} user=${username}${password === '' ? '' : ` password=${password}`}`;
}

async function copyInto(data: string, primary: PostgresServer): Promise<void> {
  const source = join(primary.directory, 'data');
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: primary.url });
  await client.connect();
  try {
    // The backup lasts as long as this session.
    await client.query(`select pg_backup_start('replica', true)`);
    await cp(source, data, { recursive: true, filter: (file) => isWanted(file) });
    const { rows } = await client.query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)');
    await writeFile(join(data, 'backup_label'), rows[0]?.labelfile ?? '');
    await writeFile(join(data, 'standby.signal'), '');
  } finally {
    await client.end();
  }
}

function isWanted(file: string): boolean {
  return !LEFT_OUT.includes(basename(file)) && !EMPTIED.includes(basename(dirname(file)));
}
