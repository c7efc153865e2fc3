import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe } from 'vitest';
import type { World } from './run-cli.ts';

/** A shell that has the script for it, and what it completes a line to. */
export type Completing = (...line: readonly string[]) => Promise<readonly string[]>;

type Shell = 'bash' | 'zsh' | 'fish';

/**
 * Tests that need a shell. Where it is missing they are skipped, and never in silence: `npm test` counts what was skipped, and
 * shows the reason, which it finds in the name of the group.
 */
export function describeShell(shell: Shell, tests: () => void): void {
  if (isInstalled(shell)) describe(`in ${shell}`, tests);
  else describe.skip(`in ${shell} [needs ${shell}: apt-get install ${shell}]`, tests);
}

function isInstalled(shell: Shell): boolean {
  try {
    execFileSync(shell, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Starts a shell for each line. Its words are given as they were typed; the last one is completed. */
export async function completing(shell: Shell, world: World): Promise<Completing> {
  const { directory, env } = world;
  const programs = join(directory, 'programs');
  mkdirSync(programs);
  const bin = fileURLToPath(new URL('../src/bin.ts', import.meta.url));
  writeFileSync(join(programs, 'lifeguard'), `#!/bin/sh\nexec '${process.execPath}' '${bin}' "$@"\n`);
  chmodSync(join(programs, 'lifeguard'), 0o755);
  const script = join(directory, `completion.${shell}`);
  writeFileSync(script, (await world.lifeguard('completion', shell)).stdout);
  const { args, program } = SHELLS[shell];
  writeFileSync(join(directory, 'complete'), program);
  return async (...line) => {
    const given = [...args, join(directory, 'complete'), script, 'lifeguard', ...line];
    const { stdout, stderr } = await promisify(execFile)(shell, given, {
      cwd: directory,
      env: { ...env, HOME: directory, TERM: 'dumb', PATH: `${programs}:${env['PATH'] ?? ''}` },
      timeout: 20_000,
    });
    if (stderr !== '') throw new Error(`${shell} says ${stderr}`);
    return stdout.split('\n').filter((word) => word !== '');
  };
}

/** `complete <script> lifeguard <word> …` of each shell prints what the last word may become. */
const SHELLS: Readonly<Record<Shell, { readonly args: readonly string[]; readonly program: string }>> = {
  bash: {
    args: ['--noprofile', '--norc'],
    program: `
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
[[ $(complete -p lifeguard) == 'complete -F _lifeguard lifeguard' ]] || exit 1
_lifeguard lifeguard "\${COMP_WORDS[COMP_CWORD]}" "\${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\\n' "\${COMPREPLY[@]}"
`,
  },
  // A shell of its own at a terminal of its own, where the key is pressed; what is offered goes to a file.
  zsh: {
    args: ['-f'],
    program: `
zmodload zsh/zpty
script=$1; shift
cat > inner <<END
PROMPT=; autoload -Uz compinit; compinit -u -d "$PWD/dump"
source "$script"
compadd() {
  if [[ \\\${@[1,(i)(-|--)]} != *-(O|A|D)\\ * ]]; then
    local -a offered
    builtin compadd -A offered "\\$@"
    print -rl -- \\$offered >> offered
  fi
  builtin compadd "\\$@"
}
comppostfuncs=(exit)
END
zpty inner zsh -f -i
zpty -w inner 'source ./inner'
zpty -w -n inner "$*"$'\\t'
while zpty -r inner shown; do :; done
[[ -e offered ]] && { cat offered; rm offered; }
exit 0
`,
  },
  fish: {
    args: ['--no-config'],
    program: `
source $argv[1]
complete -C (string join -- ' ' $argv[2..-1]) | string replace -r '\\t.*' ''
exit 0
`,
  },
};
