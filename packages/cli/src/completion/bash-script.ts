import type { CompletionModel } from './completion-model.ts';
import { shellCases } from './shell-cases.ts';
import { singleQuoted } from './single-quoted.ts';

/** Completion for bash, 3.2 and later: `source <(lifeguard completion bash)`. */
export function bashScript(model: CompletionModel): string {
  return `${HEAD}${shellCases(model, (word) => singleQuoted(word))}\n${TAIL}`;
}

const HEAD = `# Completion of lifeguard for bash, written by "lifeguard completion bash".
_lifeguard() {
  local program="$1" current="\${COMP_WORDS[COMP_CWORD]}" previous='' command='' kind=words what='' word index
  local -a options=() operands=()
  COMPREPLY=()
  # "--name=orders" comes as three words.
  if [[ $current == '=' ]]; then
    current=''
    previous="\${COMP_WORDS[COMP_CWORD-1]}"
  else
    previous="\${COMP_WORDS[COMP_CWORD-1]}"
    if [[ $previous == '=' ]]; then previous="\${COMP_WORDS[COMP_CWORD-2]}"; fi
  fi
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    if [[ $word != -* ]]; then
      command="$word"
      break
    fi
  done
  case "$command $previous" in
`;

// No "compgen -W": it would expand what an application calls itself.
const TAIL = `  esac
  if [[ $current == -* || ( $kind == words && \${#operands[@]} -eq 0 ) ]]; then
    kind=words
    operands=("\${options[@]}")
  fi
  case "$kind" in
    files)
      compopt -o filenames 2> /dev/null
      while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$current")
      ;;
    running)
      while IFS= read -r word; do
        printf -v word %q "$word"
        # What bash breaks into words would be put in twice.
        if [[ $word == "$current"* && $word != *[:=]* ]]; then COMPREPLY+=("$word"); fi
      done < <("$program" completion-words "$what" 2> /dev/null)
      ;;
    *)
      for word in "\${operands[@]}"; do
        if [[ $word == "$current"* ]]; then COMPREPLY+=("$word"); fi
      done
      ;;
  esac
}
complete -F _lifeguard lifeguard`;
