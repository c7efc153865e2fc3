import { relative } from 'node:path';
import { parseArgs } from 'node:util';
import { CreateError } from './create-error.ts';
import { createProject } from './create-project.ts';
import type { CreatedProject } from './create-project.ts';
import { listTemplates } from './list-templates.ts';

/** What the command knows of its process. */
export interface CreateIo {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
  readonly cwd: string;
  /** Where the templates are; left out, those of this package. */
  readonly templates?: string;
}

const OK = 0;
const REFUSED = 1;
/** As `EX_USAGE` of sysexits.h, and as the `lifeguard` command. */
const USAGE = 64;

const USAGE_TEXT = 'npm create lifeguard@latest <directory> -- --template <name>';

/** Runs the command and answers its exit code: 0, 1 when the directory is not free, 64 when it was not understood. */
export function main(args: readonly string[], io: CreateIo): number {
  try {
    return run(args, io);
  } catch (error) {
    if (!(error instanceof CreateError)) throw error;
    io.error(`${error.message}\n  fix  ${error.fix}\n`);
    return error.problem === 'usage' ? USAGE : REFUSED;
  }
}

function run(args: readonly string[], io: CreateIo): number {
  const { values, positionals } = parse(args);
  const templates = listTemplates(io.templates);
  const list = templates.map(({ name, description }) => `  ${name.padEnd(16)} ${description}\n`).join('');
  if (values.list === true) {
    io.out(list);
    return OK;
  }
  if (values.help === true) {
    io.out(`${USAGE_TEXT}\n\ntemplates\n${list}`);
    return OK;
  }
  const [directory, ...more] = positionals;
  const { template } = values;
  if (directory === undefined || template === undefined || more.length > 0) {
    io.error(`${USAGE_TEXT}\n\ntemplates\n${list}`);
    return USAGE;
  }
  const project = createProject({ ...io, template, directory });
  io.out(nextSteps(project, template, io.cwd));
  return OK;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        template: { type: 'string', short: 't' },
        list: { type: 'boolean', short: 'l' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new CreateError('usage', error instanceof Error ? error.message : String(error), USAGE_TEXT);
  }
}

function nextSteps({ directory, files }: CreatedProject, template: string, cwd: string): string {
  const there = relative(cwd, directory);
  const go = there === '' ? '' : `  cd ${/^[\w./-]+$/.test(there) ? there : JSON.stringify(there)}\n`;
  return `created ${files.length} files from the template ${template}; next

${go}  npm install
  npm test              # on a PostgreSQL that comes with it, or on that of DATABASE_URL
  npm run dev           # the same; npm start wants DATABASE_URL, see .env.example
  npx lifeguard status  # from another terminal: its connections, and who holds them
`;
}
