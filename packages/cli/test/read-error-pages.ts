import { readFileSync } from 'node:fs';

/** Points to another page of docs/, which a published package does not have. */
const MORE = '- **More**: ';

/** The pages of `docs/errors.md` by their code, in its order: the lines under each heading, without links to other pages. */
export function readErrorPages(): Readonly<Record<string, readonly string[]>> {
  const text = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
  const pages: Record<string, string[]> = {};
  let page: string[] | undefined;
  for (const line of text.split('\n')) {
    const [, heading] = /^#+ (.*)$/.exec(line) ?? [];
    if (line.startsWith(MORE)) continue;
    if (heading === undefined) page?.push(line);
    else page = heading.startsWith('LG_') ? (pages[heading] = []) : undefined;
  }
  for (const lines of Object.values(pages)) {
    while (lines[0] === '') lines.shift();
    while (lines.at(-1) === '') lines.pop();
  }
  return pages;
}
