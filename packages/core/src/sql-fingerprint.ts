/** Longer texts are cut: a fingerprint is for recognising a statement, not for repeating it. */
const MAX_INPUT = 4_096;
const MAX_OUTPUT = 200;

/** Not only space: what moves a cursor or changes the direction of a text has no place in a fingerprint. */
const SPACE = String.raw`[\s\p{Cc}\p{Cf}\p{Cs}]`;
const LETTER = String.raw`(?:[a-zA-Z_]|(?!${SPACE})[\u0080-\u{10ffff}])`;

/**
 * One alternative a token, no nested repetition: every input is read in linear time. In order: dollar-quoted string, string
 * (with doubled quotes, or backslashes after E), quoted name, comments, bind parameter, number (with all that clings to it:
 * 0x1f, 1_000), word, space, any other character. An unterminated string or comment runs to the end, so that its content cannot slip through.
 */
const TOKEN = new RegExp(
  [
    String.raw`\$(?:[a-zA-Z_\u0080-\u{10ffff}][\w\u0080-\u{10ffff}]*)?\$`,
    String.raw`[eE]'(?:[^'\\]|\\(?:[^]|$)|'')*(?:'|$)`,
    String.raw`(?:[bBxXnN]|[uU]&)?'(?:[^']|'')*(?:'|$)`,
    String.raw`"(?:[^"]|"")*(?:"|$)`,
    String.raw`--[^\n]*`,
    String.raw`\/\*`,
    String.raw`\$\d+`,
    String.raw`\.?\d(?:[eE][+\-]|[\w.])*`,
    `${LETTER}(?:[\\w$]|${LETTER})*`,
    `${SPACE}+`,
    '[^]',
  ].join('|'),
  'gyu',
);
const IS_SPACE = new RegExp(`^${SPACE}`, 'u');

/** A name that was quoted for its case, or for a word of the language. What looks otherwise may be a value in wrong quotes. */
const PLAIN_NAME = /^"(?:[\p{L}\p{M}\p{N}_$ .-]|""){0,63}"$/u;

/**
 * The shape of an SQL text without anything that came from a user: literals become `?`, comments go, space collapses,
 * and lists of values become one. Never throws, whatever the text is. It reads as PostgreSQL does; where another reading
 * would find a literal elsewhere (a backslash before a quote), the rest is dropped. In MySQL's `"…"` it keeps single words.
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
      if (!isAmbiguous(token)) continue;
      if (TOKEN.lastIndex < text.length) parts.push(' …');
      break;
    }
  }
  return shortened(collapse(parts.join('')));
}

/** Whether it ends elsewhere for a server that escapes quotes by backslashes (MySQL; PostgreSQL, where it is told to). */
function isAmbiguous(token: string): boolean {
  return /^(?:[bBxXnN]|[uU]&)?'.*\\'|^".*\\"/s.test(token);
}

function shortened(shape: string): string {
  if (shape.length <= MAX_OUTPUT) return shape;
  const start = shape.slice(0, MAX_OUTPUT - 1).replace(/[\ud800-\udbff]$/, '');
  // Not within a quoted name: read again, what follows would be a part of it.
  const isOpen = start.split('"').length % 2 === 0;
  return `${isOpen ? start.slice(0, start.lastIndexOf('"')) : start}…`;
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
  if (first === '"') return PLAIN_NAME.test(token) ? token : '"?"';
  if (token.startsWith('--') || IS_SPACE.test(token)) return ' ';
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
