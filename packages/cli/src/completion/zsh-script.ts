import type { CompletionModel } from './completion-model.ts';
import { shellCases } from './shell-cases.ts';
import { singleQuoted } from './single-quoted.ts';

/** Completion for zsh: a file `_lifeguard` in `fpath`, or `source <(lifeguard completion zsh)`. */
export function zshScript(model: CompletionModel): string {
  return `${HEAD}${shellCases(model, described)}\n${TAIL}`;
}

/** `_describe` ends the word at the first colon. */
function described(word: string, description = ''): string {
  const plain = word.replaceAll(':', String.raw`\:`);
  return singleQuoted(description === '' ? plain : `${plain}:${description}`);
}

const HEAD = `#compdef lifeguard
# Completion of lifeguard for zsh, written by "lifeguard completion zsh".
_lifeguard() {
  local program="\${words[1]}" current="\${words[CURRENT]}" previous="\${words[CURRENT-1]}" command='' kind=words what='' word
  local -a options operands
  if [[ $current == --*=* ]]; then
    previous="\${current%%=*}"
    current="\${current#*=}"
    compset -P '*='
  fi
  for word in "\${(@)words[2,CURRENT-1]}"; do
    if [[ $word != -* ]]; then
      command="$word"
      break
    fi
  done
  case "$command $previous" in
`;

const TAIL = `  esac
  if [[ $current == -* || ( $kind == words && \${#operands} -eq 0 ) ]]; then
    kind=words
    operands=("\${(@)options}")
  fi
  case "$kind" in
    files) _files ;;
    running)
      operands=(\${(f)"$("\${(Q)program}" completion-words "$what" 2> /dev/null)"})
      compadd -a operands
      ;;
    *) _describe lifeguard operands ;;
  esac
}
if [[ $funcstack[1] == _lifeguard ]]; then
  _lifeguard "$@"
else
  compdef _lifeguard lifeguard
fi`;
