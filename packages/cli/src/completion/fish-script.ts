import type {
  CompletedCommand,
  CompletedOption,
  CompletedValues,
  CompletionModel,
} from './completion-model.ts';

/** Completion for fish: `lifeguard completion fish | source`. */
export function fishScript({ options, commands }: CompletionModel): string {
  const atStart = '__fish_use_subcommand';
  return [
    HEAD,
    ...options.map((option) => optionLine(atStart, option)),
    ...commands.map(
      ({ name, description }) =>
        `complete -c lifeguard -n ${atStart} -a ${quoted(name)} -d ${quoted(description)}`,
    ),
    ...commands.flatMap(linesOf),
  ].join('\n');
}

function linesOf({ name, options, operands }: CompletedCommand): string[] {
  const after = quoted(`__fish_seen_subcommand_from ${name}`);
  const values =
    operands.kind === 'unknown' ? [] : [`complete -c lifeguard -n ${after} ${valuesOf(operands)}`];
  return [...options.map((option) => optionLine(after, option)), ...values];
}

function optionLine(condition: string, { flags, description, values }: CompletedOption): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  const taken = values === undefined ? '' : ` ${values.kind === 'files' ? '-r' : '-x'} ${valuesOf(values)}`;
  return `complete -c lifeguard -n ${condition} ${names.join(' ')}${taken.trimEnd()} -d ${quoted(description)}`;
}

function valuesOf(values: CompletedValues): string {
  switch (values.kind) {
    case 'unknown':
      return '';
    case 'files':
      return '-F';
    case 'words':
      return `-a ${quoted(values.words.join(' '))}`;
    case 'running':
      return `-a '(__lifeguard_running ${values.what})'`;
    /* v8 ignore next -- a kind that is missing above does not compile */
    default:
      return values satisfies never;
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll(/[\\']/g, String.raw`\$&`)}'`;
}

const HEAD = String.raw`# Completion of lifeguard for fish, written by "lifeguard completion fish".
function __lifeguard_running
    set -l words (commandline -opc)
    $words[1] completion-words $argv[1] 2> /dev/null
end
complete -c lifeguard -f`;
