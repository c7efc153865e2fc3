import { listAdminSockets } from '@lifeguard/admin';
import type { AdminApplication } from '@lifeguard/admin';
import { Argument } from 'commander';
import type { Command } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { bashScript } from '../completion/bash-script.ts';
import { RUNNING_WORDS, completionModel } from '../completion/completion-model.ts';
import type { CompletionModel, RunningWords } from '../completion/completion-model.ts';
import { fishScript } from '../completion/fish-script.ts';
import { zshScript } from '../completion/zsh-script.ts';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const satisfies Record<
  string,
  (model: CompletionModel) => string
>;

/** `lifeguard completion <shell>`: a script that completes commands, options and values, made from the program itself. */
export function addCompletion(program: Command, context: CommandContext): void {
  program
    .command('completion')
    .description('print a script that completes this command in a shell')
    .addArgument(new Argument('<shell>', 'source <(lifeguard completion bash)').choices(Object.keys(SCRIPTS)))
    .action((shell: keyof typeof SCRIPTS) => context.print(SCRIPTS[shell](completionModel(program))));
  program
    .command('completion-words', { hidden: true })
    .addArgument(new Argument('<what>').choices(RUNNING_WORDS))
    .action((what: RunningWords) => printWords(what, context));
}

/** Somebody has pressed a key, and waits. */
const PATIENCE_MS = 500;

async function printWords(what: RunningWords, { print }: CommandContext): Promise<void> {
  const { applications } = await listAdminSockets({ helloMs: PATIENCE_MS });
  for (const word of new Set(applications.flatMap((each) => wordsOf(each, what)))) print(word);
}

function wordsOf({ name, pid, pools }: AdminApplication, what: RunningWords): readonly string[] {
  switch (what) {
    case 'names':
      return [name];
    case 'pids':
      return [`${pid}`];
    case 'pools':
      return pools;
    /* v8 ignore next -- words that are missing above do not compile */
    default:
      return what satisfies never;
  }
}
