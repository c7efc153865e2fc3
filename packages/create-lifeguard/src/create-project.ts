import {
  constants,
  copyFileSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { CreateError } from './create-error.ts';
import { listTemplates, TEMPLATES } from './list-templates.ts';
import type { Template } from './list-templates.ts';

/** What is created, and where. */
export interface CreateProjectOptions {
  /** The name of a template. */
  readonly template: string;
  /** Where to; made when it is not there. Its last part becomes the name of the package. */
  readonly directory: string;
  /**
   * What a relative `directory` is relative to.
   * @default process.cwd()
   */
  readonly cwd?: string;
  /**
   * Where the templates are.
   * @default those of this package
   */
  readonly templates?: string;
}

/** What was created. */
export interface CreatedProject {
  /** The name of its package. */
  readonly name: string;
  /** Its absolute path. */
  readonly directory: string;
  /** Relative paths of its files. */
  readonly files: readonly string[];
}

/**
 * Copies a template into a new directory, as a project of its own. Overwrites nothing: a directory that has anything in it but
 * `.git` is refused.
 *
 * Throws {@link CreateError} before it has written anything.
 *
 * @example
 * createProject({ template: 'fastify-kysely', directory: 'my-app' });
 */
export function createProject(options: CreateProjectOptions): CreatedProject {
  const template = findTemplate(options.template, options.templates ?? TEMPLATES);
  const directory = resolve(options.cwd ?? '.', options.directory);
  const name = packageName(basename(directory));
  assertFree(directory);
  const files = filesBelow(template.folder).map((file) => {
    const target = file.replace(/(^|[/\\])gitignore$/, '$1.gitignore'); // npm would pack `.gitignore` as `.npmignore`.
    mkdirSync(dirname(join(directory, target)), { recursive: true });
    if (file === 'package.json') writeManifest(template.folder, directory, name);
    else copyFileSync(join(template.folder, file), join(directory, target), constants.COPYFILE_EXCL);
    return target;
  });
  return { name, directory, files };
}

function findTemplate(name: string, folder: string): Template {
  const templates = listTemplates(folder);
  const template = templates.find((each) => each.name === name);
  if (template !== undefined) return template;
  const names = templates.map((each) => each.name).join(', ');
  throw new CreateError('usage', `there is no template ${JSON.stringify(name)}`, `take one of ${names}`);
}

/** What npm accepts as a name, as close as can be to that of the directory. */
function packageName(directory: string): string {
  const name = directory
    .toLowerCase()
    .replaceAll(/[^a-z0-9._~-]+/g, '-')
    .replaceAll(/^[._-]+|-+$/g, '');
  if (name !== '' && name.length <= 214) return name;
  throw new CreateError(
    'usage',
    `no name for a package can be made of ${JSON.stringify(directory)}`,
    'choose a directory whose name has letters or digits in it, at most 214 of them',
  );
}

function assertFree(directory: string): void {
  const found = statSync(directory, { throwIfNoEntry: false });
  if (found === undefined) return;
  const there = JSON.stringify(directory);
  const fix = 'choose another directory; nothing is overwritten';
  if (!found.isDirectory()) throw new CreateError('refused', `${there} is not a directory`, fix);
  const [first] = readdirSync(directory).filter((name) => name !== '.git');
  if (first !== undefined)
    throw new CreateError('refused', `${there} is not empty: there is ${JSON.stringify(first)}`, fix);
}

/** Relative paths, in a fixed order. */
function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

/** The description is that of the template. */
function writeManifest(folder: string, directory: string, name: string): void {
  const text = readFileSync(join(folder, 'package.json'), 'utf8');
  const manifest = JSON.parse(text) as Readonly<Record<string, unknown>>;
  const { name: _name, description: _description, ...rest } = manifest;
  const own = `${JSON.stringify({ name, version: '0.0.0', ...rest }, undefined, 2)}\n`;
  writeFileSync(join(directory, 'package.json'), own, { flag: 'wx' });
}
