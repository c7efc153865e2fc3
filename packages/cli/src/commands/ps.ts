import process from 'node:process';
import { connectAdmin, listAdminSockets } from '@lifeguard/admin';
import type { AdminApplication } from '@lifeguard/admin';
import { describeFailure, printable } from '@lifeguard/core/adapter';
import type { Command } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { EXIT, worstHealth } from '../exit-code.ts';
import { readState } from '../pool-state.ts';
import { renderApplications } from '../render/render-applications.ts';
import type { ApplicationRow } from '../render/render-applications.ts';
import { safeJson } from '../safe-json.ts';

/** `lifeguard ps`: the applications of this user that can be asked. */
export function addPs(program: Command, context: CommandContext): void {
  program
    .command('ps')
    .description('list the applications that can be looked into')
    .option('--json', 'as data')
    .action((options: { readonly json?: boolean }) => ps(options, context));
}

async function ps({ json = false }: { readonly json?: boolean }, context: CommandContext): Promise<void> {
  const listing = await listAdminSockets();
  const rows: ApplicationRow[] = [];
  // One after the other: each application takes only a few connections at a time.
  for (const application of listing.applications) rows.push(await rowOf(application));
  if (json) context.print(safeJson({ schemaVersion: 1, ...listing, applications: rows }));
  else if (rows.length > 0) context.print(renderApplications(rows, context.paint));
  for (const path of listing.stale) context.note(`stale: ${printable(path)}, its process has ended`);
  for (const path of listing.silent) context.note(`silent: ${printable(path)}, it does not answer`);
  for (const { directory, found } of listing.refused)
    context.note(`not looked into: ${printable(directory)}, ${printable(found)}`);
  if (rows.length > 0) return;
  context.note('no application is running that can be asked: call serveAdmin({ pools }) in it');
  context.finish(EXIT.unreachable);
}

/** One that ends meanwhile must not hide the others. */
async function rowOf(application: AdminApplication): Promise<ApplicationRow> {
  const { pid, name, path } = application;
  // A pipe needs its token, which is looked up by the pid; a process may have several sockets, one for each thread.
  const target = process.platform === 'win32' ? { pid } : { path };
  try {
    const { pools } = await readState(await connectAdmin(target));
    return {
      pid,
      name,
      path,
      pools: pools.map(({ snapshot }) => ({
        name: snapshot.name,
        used: snapshot.used,
        max: snapshot.max,
      })),
      health: worstHealth(pools.map(({ health }) => health)),
    };
  } catch (error) {
    return { pid, name, path, pools: [], health: undefined, failure: describeFailure(error) };
  }
}
