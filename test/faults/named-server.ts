import { basename, dirname } from 'node:path';
import { startPostgres } from '@lifeguard/testing';
import type { PostgresServer } from '@lifeguard/testing';
import { findDebianPrograms } from '../support/debian.ts';
import { Observer } from './observer.ts';

/** The newest, from npm; and an older one, from the distribution. */
export type ServerName = 'embedded' | 'debian';

/** A server, and by what name its results go. */
export interface NamedServer extends AsyncDisposable {
  readonly name: ServerName;
  readonly version: string;
  readonly server: PostgresServer;
}

export async function startNamedServer(name: ServerName): Promise<NamedServer> {
  const server = await startPostgres({ authMethod: 'password', maxConnections: 100, ...programsOf(name) });
  await using observer = new Observer(server.url);
  const [row] = await observer.sql(`select split_part(current_setting('server_version'), ' ', 1) as version`);
  const version = String(row?.['version']);
  return { name, version, server, [Symbol.asyncDispose]: () => server.stop() };
}

export function programsOf(name: ServerName): { readonly programs?: string } {
  if (name === 'embedded') return {};
  const { postgres } = findDebianPrograms();
  if (postgres === undefined) throw new Error('there is no PostgreSQL of the distribution');
  return { programs: dirname(postgres) };
}

/** Known before it is started; of one that is not installed, what CI would install. */
export function majorOf(name: ServerName): number {
  if (name === 'embedded') return 18;
  const { postgres } = findDebianPrograms();
  return postgres === undefined ? 15 : Number(basename(dirname(postgres)));
}
