import type {
  CompletedCommand,
  CompletedOption,
  CompletedValues,
  CompletionModel,
} from './completion-model.ts';
import { singleQuoted } from './single-quoted.ts';

/** A word of an array in a script, with what it is for where the shell shows that. */
export type WordOf = (word: string, description?: string) => string;

/**
 * What may follow, as the cases of `case "$command $previous" in` of bash and zsh: they set `options`, and `operands` or `kind`
 * (`files`, or `running` with `what`).
 */
export function shellCases({ options, commands }: CompletionModel, wordOf: WordOf): string {
  const names = commands.map(({ name, description }) => wordOf(name, description)).join(' ');
  return [
    ...commands.flatMap((command) => casesOf(command, wordOf)),
    `    ' '*) options=(${flagsOf(options, wordOf)}); operands=(${names}) ;;`,
  ].join('\n');
}

function casesOf({ name, options, operands }: CompletedCommand, wordOf: WordOf): string[] {
  const valued = options.flatMap(({ flags, values }) => {
    if (values === undefined) return [];
    const patterns = flags.map((flag) => singleQuoted(`${name} ${flag}`));
    return [`    ${patterns.join('|')}) ${valuesOf(values, wordOf)} ;;`];
  });
  const others = `options=(${flagsOf(options, wordOf)}); ${valuesOf(operands, wordOf)}`;
  return [...valued, `    ${singleQuoted(`${name} `)}*) ${others} ;;`];
}

function flagsOf(options: readonly CompletedOption[], wordOf: WordOf): string {
  return options
    .flatMap(({ flags, description }) => flags.map((flag) => wordOf(flag, description)))
    .join(' ');
}

function valuesOf(values: CompletedValues, wordOf: WordOf): string {
  switch (values.kind) {
    case 'unknown':
      return ':';
    case 'files':
      return 'kind=files';
    case 'words':
      return `operands=(${values.words.map((word) => wordOf(word)).join(' ')})`;
    case 'running':
      return `kind=running what=${values.what}`;
    /* v8 ignore next -- a kind that is missing above does not compile */
    default:
      return values satisfies never;
  }
}
