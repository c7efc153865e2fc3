import { closest } from '@lifeguard/core/adapter';
import type { Command } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { ERROR_PAGES } from '../error-pages.ts';
import { renderPage } from '../render/render-page.ts';
import { UsageError } from '../usage-error.ts';

/** `lifeguard explain LG_…`: what an error or warning means, and what to do. */
export function addExplain(program: Command, context: CommandContext): void {
  program
    .command('explain')
    .description('explain an error or a warning')
    .argument('<code>', 'such as LG_ACQUIRE_TIMEOUT; case does not matter')
    .action((code: string) => explain(code, context));
}

function explain(given: string, { print, paint, io }: CommandContext): void {
  const code = codeOf(given);
  const page = Object.hasOwn(ERROR_PAGES, code) ? ERROR_PAGES[code] : undefined;
  if (page === undefined) throw unknownCode(given);
  print(renderPage(code, page, paint, io));
}

/** People leave out the prefix, and write `lg-acquire-timeout`. */
function codeOf(given: string): string {
  const code = given.trim().toUpperCase().replaceAll('-', '_');
  return code.startsWith('LG_') ? code : `LG_${code}`;
}

function unknownCode(given: string): UsageError {
  const codes = Object.keys(ERROR_PAGES);
  const meant = closest(codeOf(given), codes);
  return new UsageError(`there is no code "${given.slice(0, 60)}"`, [
    ...(meant === undefined ? [] : ([['closest', meant]] as const)),
    ['codes', codes],
  ]);
}
