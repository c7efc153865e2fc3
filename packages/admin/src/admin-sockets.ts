import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { printable } from '@lifeguard/core/adapter';
import { AdminClient } from './admin-client.ts';
import type { AdminApplication } from './admin-client.ts';
import { AdminError, systemCode } from './admin-error.ts';
import { askAdmin } from './http-client.ts';
import type { AdminAddress } from './http-client.ts';
import { inspectDirectory, runDirectories } from './run-directory.ts';
import { pidOfSocket } from './socket-path.ts';
import { listPipes, pipeDirectory, readToken } from './windows-pipe.ts';

/** Where to look. */
export interface ListOptions {
  /** In place of the directories that `runDirectory()` would use. */
  readonly directory?: string;
  /**
   * How long each application may take to say who it is, in milliseconds; one that takes longer is `silent`.
   * @default 2000 — one that is busy may take a moment, and a list of several should not take minutes
   */
  readonly helloMs?: number;
}

/** Which application is meant; without any of these, the only one that runs. */
export interface ConnectOptions extends ListOptions {
  readonly pid?: number;
  readonly name?: string;
  /** Of its socket; then no directory is looked at. */
  readonly path?: string;
}

/** What was found. */
export interface AdminListing {
  readonly applications: readonly AdminApplication[];
  /** Sockets that nobody answers on; the next application that starts removes them. */
  readonly stale: readonly string[];
  /** Sockets where somebody is who does not answer in time, or not with what can be read. */
  readonly silent: readonly string[];
  /** Directories that were not looked into, since others may put sockets there. */
  readonly refused: readonly { readonly directory: string; readonly found: string }[];
}

interface Listed extends AdminListing {
  readonly addresses: ReadonlyMap<AdminApplication, AdminAddress>;
}

const HELLO_MS = 2_000;
/** Sockets of one directory that are asked. */
const MAX_ASKED = 256;

/** The applications of this user that can be asked. */
export async function listAdminSockets(options: ListOptions = {}): Promise<AdminListing> {
  const { applications, stale, silent, refused } = await list(options);
  return { applications, stale, silent, refused };
}

/**
 * A client for one application. Rejects with `LG_UNSUPPORTED`; `reason` says whether none runs, several do, its socket is stale,
 * or it is somebody else's.
 */
export async function connectAdmin(options: ConnectOptions = {}): Promise<AdminClient> {
  const { path, pid, name } = options;
  if (path !== undefined) {
    const address = { path };
    return new AdminClient(await greet(address, options.helloMs), address);
  }
  const listed = await list(options);
  const matching = listed.applications.filter(
    (each) => (pid === undefined || each.pid === pid) && (name === undefined || each.name === name),
  );
  const [found, another] = matching;
  if (found === undefined) throw noneRunning(listed);
  if (another !== undefined) throw severalRunning(matching);
  return new AdminClient(found, listed.addresses.get(found) ?? { path: found.path });
}

async function list({ directory, helloMs }: ListOptions): Promise<Listed> {
  const { addresses, refused } = process.platform === 'win32' ? pipes(directory) : sockets(directory);
  const applications = new Map<AdminApplication, AdminAddress>();
  const stale: string[] = [];
  const silent: string[] = [];
  await Promise.all(
    addresses.slice(0, MAX_ASKED).map(async (address) => {
      try {
        applications.set(await greet(address, helloMs), address);
      } catch (error) {
        const isGone = error instanceof AdminError && ['stale', 'none-running'].includes(error.reason);
        (isGone ? stale : silent).push(address.path);
      }
    }),
  );
  const sorted = [...applications.keys()].sort((a, b) => a.pid - b.pid || a.path.localeCompare(b.path));
  return {
    applications: sorted,
    stale: stale.sort(),
    silent: silent.sort(),
    refused,
    addresses: applications,
  };
}

interface Places {
  readonly addresses: readonly AdminAddress[];
  readonly refused: AdminListing['refused'];
}

/** Ownership first: what lies in somebody else's directory may only look like an application of ours. */
function sockets(directory: string | undefined): Places {
  const addresses: AdminAddress[] = [];
  const refused: { directory: string; found: string }[] = [];
  for (const each of directory === undefined ? runDirectories() : [directory]) {
    const finding = inspectDirectory(each);
    if (finding.kind === 'refused') refused.push({ directory: each, found: finding.found });
    if (finding.kind !== 'private') continue;
    for (const name of readdirSync(each))
      if (pidOfSocket(name) !== undefined) addresses.push({ path: join(each, name) });
  }
  return { addresses, refused };
}

function pipes(directory = pipeDirectory(process.env)): Places {
  if (!existsSync(directory)) return { addresses: [], refused: [] };
  const addresses = listPipes(directory).flatMap((pipe) => {
    try {
      return [{ path: pipe.path, token: readToken(pipe) }];
    } catch (error) {
      // Removed meanwhile, by a process that ends.
      if (systemCode(error) === 'ENOENT') return [];
      throw error;
    }
  });
  return { addresses, refused: [] };
}

async function greet(address: AdminAddress, limitMs = HELLO_MS): Promise<AdminApplication> {
  const answer = await askAdmin(address, 'GET', '/v1', { limitMs });
  const { pid, name, pools } = Object(answer) as Partial<Record<'pid' | 'name' | 'pools', unknown>>;
  if (typeof pid !== 'number' || typeof name !== 'string' || !Array.isArray(pools))
    throw new AdminError('no-answer', {
      summary: 'what answers on this socket is not Lifeguard',
      rows: [['socket', address.path]],
    });
  const names = (pools as unknown[]).map((pool) => printable(String(Reflect.get(Object(pool), 'name'))));
  return Object.freeze({ path: address.path, pid, name: printable(name, 100), pools: Object.freeze(names) });
}

function noneRunning({ applications, stale, silent, refused }: Listed): AdminError {
  return new AdminError('none-running', {
    summary:
      applications.length === 0
        ? 'no application is running that can be asked'
        : 'no such application is running',
    rows: [
      ['running', applications.length === 0 ? 'none' : applications.map(describe)],
      ...listRow('stale', stale),
      ...listRow('silent', silent),
      ...listRow(
        'refused',
        refused.map(({ directory, found }) => `${directory}: ${found}`),
      ),
      ['fix', 'call serveAdmin({ pools }) in the application, and look as the user that runs it'],
    ],
  });
}

function severalRunning(found: readonly AdminApplication[]): AdminError {
  return new AdminError('several-running', {
    summary: `${found.length} applications are running`,
    rows: [
      ['running', found.map(describe)],
      ['fix', 'say which one by its pid, name or path'],
    ],
  });
}

function listRow(label: string, lines: readonly string[]): (readonly [string, readonly string[]])[] {
  return lines.length === 0 ? [] : [[label, lines.slice(0, 20)]];
}

function describe({ pid, name, path }: AdminApplication): string {
  return `pid ${pid} "${name}" ${path}`;
}
