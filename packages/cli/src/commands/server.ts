import type { Command } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { EXIT } from '../exit-code.ts';
import { optionalPackage } from '../optional-package.ts';
import { renderServer } from '../render/render-server.ts';
import { safeJson } from '../safe-json.ts';
import { healthOfServer } from '../server-health.ts';
import { UsageError } from '../usage-error.ts';

interface ServerOptions {
  readonly json?: boolean;
}

/** `lifeguard server <url>`: what PostgreSQL itself says of the connections to it. */
export function addServer(program: Command, context: CommandContext): void {
  program
    .command('server')
    .description('show who is connected to a PostgreSQL server, and who blocks whom')
    .argument('[url]', 'postgres://…; without it DATABASE_URL, which is not seen by others on the machine')
    .option('--json', 'as data')
    .action((url: string | undefined, options: ServerOptions) => server(url, options, context));
}

async function server(
  given: string | undefined,
  options: ServerOptions,
  context: CommandContext,
): Promise<void> {
  const { io, paint } = context;
  const url = given ?? io.env['DATABASE_URL'] ?? '';
  if (url === '')
    throw new UsageError('no server is named', [['fix', 'give its address, or set DATABASE_URL']]);
  const { serverViewOf } = await optionalPackage(() => import('@lifeguard/pg'), ['@lifeguard/pg', 'pg']);
  const view = await serverViewOf(url);
  context.print(options.json === true ? safeJson(view) : renderServer(view, paint, io));
  context.finish(EXIT[healthOfServer(view)]);
}
