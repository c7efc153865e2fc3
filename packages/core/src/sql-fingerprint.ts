/** Longer texts are cut: a fingerprint is for recognising a statement, not for repeating it. */
const MAX_INPUT = 4_096;
const MAX_OUTPUT = 200;

/**
 * One alternative a token, no nested repetition: every input is read in linear time. In order: dollar-quoted string,
 * string (with doubled quotes, or backslashes after E), quoted identifier, comments, bind parameter, number (with all that
 * clings to it: 0x1f, 1_000), word, space, any other character. An unterminated string or comment runs to the end, so that its content cannot slip through.
 */
const TOKEN =
  /\$([a-zA-Z_]\w*)?\$|[eE]'(?:[^'\\]|\\(?:[^]|$)|'')*(?:'|$)|(?:[bBxXnN]|[uU]&)?'(?:[^']|'')*(?:'|$)|"(?:[^"]|"")*(?:"|$)|--[^\n]*|\/\*|\$\d+|\.?\d(?:[eE][+-]|[\w.])*|[a-zA-Z_\u0080-\uffff][\w$\u0080-\uffff]*|\s+|[^]/gy;

/**
 * The shape of an SQL text without anything that came from a user: literals become `?`, comments go, space collapses,
 * and lists of values become one. Never throws, whatever the text is.
 */
export function sqlFingerprint(sql: string): string {
  const text = sql.length > MAX_INPUT ? sql.slice(0, MAX_INPUT) : sql;
  const parts: string[] = [];
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match !== null && match[0] !== ''; match = TOKEN.exec(text)) {
    const token = match[0];
    if (isDollarQuote(token)) {
      const end = text.indexOf(token, TOKEN.lastIndex);
      TOKEN.lastIndex = end < 0 ? text.length : end + token.length;
      parts.push('?');
    } else if (token === '/*') {
      TOKEN.lastIndex = endOfComment(text, TOKEN.lastIndex);
      parts.push(' ');
    } else {
      parts.push(replacementOf(token));
    }
  }
  const shape = collapse(parts.join(''));
  return shape.length > MAX_OUTPUT ? `${shape.slice(0, MAX_OUTPUT - 1)}…` : shape;
}

/** Comments nest in PostgreSQL. Where they do not, reading on until all are closed only drops more. */
function endOfComment(text: string, from: number): number {
  const mark = /\/\*|\*\//g;
  mark.lastIndex = from;
  let depth = 1;
  for (let match = mark.exec(text); match !== null; match = mark.exec(text)) {
    depth += match[0] === '/*' ? 1 : -1;
    if (depth === 0) return mark.lastIndex;
  }
  return text.length;
}

function isDollarQuote(token: string): boolean {
  return token.length > 1 && token.startsWith('$') && token.endsWith('$');
}

function replacementOf(token: string): string {
  const first = token[0] as string;
  if (first === '"') return token;
  if (token.startsWith('--') || /\s/.test(first)) return ' ';
  if (token.includes("'") || /[\d]/.test(first) || (first === '.' && token.length > 1)) return '?';
  return token;
}

function collapse(shape: string): string {
  return shape
    .replace(/\s+/g, ' ')
    .replace(/\((?:\s?(?:\?|\$\d+)\s?,)+\s?(?:\?|\$\d+)\s?\)/g, '(…)')
    .replace(/(\(…\))(?:\s?,\s?\(…\))+/g, '$1, …')
    .trim();
}
