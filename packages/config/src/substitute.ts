/** Variables by name, such as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A text with its references replaced, the variables it took values from, and what was wrong. */
export interface Substitution {
  readonly text: string;
  readonly variables: readonly string[];
  readonly problems: readonly SubstitutionProblem[];
}

export interface SubstitutionProblem {
  /** The part of the text that is meant. */
  readonly reference: string;
  readonly message: string;
}

const FORMS = '${NAME}, ${NAME:-default} or ${NAME:?message}';
const REFERENCE = /^(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::([-?])([^]*))?$/;

/**
 * Replaces `${VAR}`, `${env:VAR}`, `${VAR:-default}` and `${VAR:?message}`; `$$` stands for one `$`. As in a shell, `:-`
 * and `:?` also apply to a variable that is set but empty. What was put in is not looked at again.
 */
export function substitute(text: string, env: Environment): Substitution {
  const parts: string[] = [];
  const variables: string[] = [];
  const problems: SubstitutionProblem[] = [];
  let from = 0;
  for (let at = text.indexOf('$'); at >= 0; at = text.indexOf('$', from)) {
    parts.push(text.slice(from, at));
    const token = tokenAt(text, at);
    from = at + token.length;
    if (!token.startsWith('${')) parts.push('$');
    else {
      const outcome = resolve(token, env);
      if (outcome.problem !== undefined) problems.push({ reference: token, message: outcome.problem });
      if (outcome.variable !== undefined) variables.push(outcome.variable);
      parts.push(outcome.text ?? '');
    }
  }
  parts.push(text.slice(from));
  return { text: parts.join(''), variables, problems };
}

/** `$$`, a whole reference, one that is never closed, or a lone `$`. */
function tokenAt(text: string, at: number): string {
  if (text[at + 1] === '$') return '$$';
  if (text[at + 1] !== '{') return '$';
  const end = text.indexOf('}', at);
  return end < 0 ? text.slice(at) : text.slice(at, end + 1);
}

function resolve(token: string, env: Environment): { text?: string; variable?: string; problem?: string } {
  if (!token.endsWith('}')) return { problem: `"\${" without "}"; write ${FORMS}, and $$ for a single $` };
  const [, name, operator, rest = ''] = REFERENCE.exec(token.slice(2, -1)) ?? [];
  if (name === undefined)
    return { problem: `not a reference to a variable; write ${FORMS}, and $$ for a single $` };
  if (rest.includes('${')) return { problem: 'a reference cannot stand inside another one' };
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  if (value !== undefined && (value !== '' || operator === undefined)) return { text: value, variable: name };
  if (operator === '-') return { text: rest };
  const state = value === undefined ? 'not set' : 'empty';
  if (operator === '?' && rest !== '')
    return { problem: `environment variable ${name} is ${state}: ${rest}` };
  const advice = operator === '?' ? '' : `; set it, or give a default: \${${name}:-value}`;
  return { problem: `environment variable ${name} is ${state}${advice}` };
}
