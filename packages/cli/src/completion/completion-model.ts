import type { Argument, Command, Option } from 'commander';
import { ERROR_PAGES } from '../error-pages.ts';

/** What a command line may go on with; a script for a shell is made of it. */
export interface CompletionModel {
  readonly options: readonly CompletedOption[];
  readonly commands: readonly CompletedCommand[];
}

export interface CompletedCommand {
  readonly name: string;
  readonly description: string;
  readonly options: readonly CompletedOption[];
  /** Of its arguments together: no command has several that differ. */
  readonly operands: CompletedValues;
}

export interface CompletedOption {
  /** `-h` and `--help`. */
  readonly flags: readonly string[];
  readonly description: string;
  /** `undefined` for one that takes no value. */
  readonly values: CompletedValues | undefined;
}

/** What a value may be, as far as it is known. */
export type CompletedValues =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'files' }
  | { readonly kind: 'words'; readonly words: readonly string[] }
  /** Asked for when it is completed: `lifeguard completion-words <what>`. */
  | { readonly kind: 'running'; readonly what: RunningWords };

/** What is known of the applications that run. */
export const RUNNING_WORDS = ['names', 'pids', 'pools'] as const;

/** One of {@link RUNNING_WORDS}. */
export type RunningWords = (typeof RUNNING_WORDS)[number];

/** Reads commands and options from the program itself, without what it hides. */
export function completionModel(program: Command): CompletionModel {
  const help = program.createHelp();
  const commands = help.visibleCommands(program);
  const names = commands.map((command) => command.name());
  return {
    options: help.visibleOptions(program).map(completeOption),
    commands: commands.map((command) => ({
      name: command.name(),
      description: command.description(),
      options: help.visibleOptions(command).map(completeOption),
      operands: operandsOf(command.registeredArguments[0], names),
    })),
  };
}

function completeOption(option: Option): CompletedOption {
  const flags = [option.short, option.long].filter((flag) => flag !== undefined);
  const { description } = option;
  if (!option.required && !option.optional) return { flags, description, values: undefined };
  const running = RUNNING.get(option.attributeName());
  const placeholder = /[<[](.+?)[>\]]/.exec(option.flags)?.[1] ?? '';
  return { flags, description, values: valuesOf(option.argChoices, running, placeholder) };
}

/** By the name of the option: `<name>` is the placeholder of others, too. */
const RUNNING: ReadonlyMap<string, RunningWords> = new Map([
  ['name', 'names'],
  ['pid', 'pids'],
  ['pool', 'pools'],
]);

function operandsOf(argument: Argument | undefined, commands: readonly string[]): CompletedValues {
  if (argument === undefined) return { kind: 'unknown' };
  const name = argument.name();
  if (name === 'command') return { kind: 'words', words: commands };
  if (name === 'code') return { kind: 'words', words: Object.keys(ERROR_PAGES) };
  return valuesOf(argument.argChoices, undefined, name);
}

function valuesOf(
  choices: readonly string[] | undefined,
  running: RunningWords | undefined,
  placeholder: string,
): CompletedValues {
  if (choices !== undefined) return { kind: 'words', words: choices };
  if (running !== undefined) return { kind: 'running', what: running };
  return { kind: placeholder === 'file' || placeholder === 'path' ? 'files' : 'unknown' };
}
