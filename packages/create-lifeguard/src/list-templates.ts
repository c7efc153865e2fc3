import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CreateError } from './create-error.ts';

/** A service to start from. */
export interface Template {
  readonly name: string;
  /** One line. */
  readonly description: string;
  /** Where its files are. */
  readonly folder: string;
}

/** Where this package has its templates; the same from `src` and from `dist`. */
export const TEMPLATES: string = join(import.meta.dirname, '..', 'templates');

/** The templates in a folder, by name. Throws {@link CreateError} when there is no such folder. */
export function listTemplates(folder: string = TEMPLATES): readonly Template[] {
  // Whoever runs it from the repository; in what is published there is one.
  if (!existsSync(folder))
    throw new CreateError('refused', 'there are no templates here yet', 'run "npm run templates"');
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => ({ name, description: descriptionOf(join(folder, name)), folder: join(folder, name) }))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

function descriptionOf(folder: string): string {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { description?: string };
  return manifest.description ?? '';
}
