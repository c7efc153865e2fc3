import type { ErrorCode } from 'yaml';

// The parser's own messages repeat parts of the text, which may be secret.
const MESSAGES: Readonly<Record<ErrorCode, string>> = {
  ALIAS_PROPS: 'an alias (*name) cannot have an anchor or tag',
  BAD_ALIAS: 'not a name for an anchor (&name) or alias (*name)',
  BAD_COLLECTION_TYPE: 'the tag does not fit what follows; remove it',
  BAD_DIRECTIVE: 'a line that begins with % is not supported; remove it',
  BAD_DQ_ESCAPE: 'not an escape that YAML knows; in "…" write \\\\ for a backslash, or use \'…\'',
  BAD_INDENT: 'wrong indentation; keys of one section begin in the same column',
  BAD_PROP_ORDER: 'an anchor or tag stands in the wrong place',
  BAD_SCALAR_START: 'a value that begins with this character needs quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a value with ": " in it needs quotes, and a section begins on a line of its own',
  BLOCK_IN_FLOW: 'between { } or [ ] no lines with "key:" or "- " of their own are possible',
  DUPLICATE_KEY: 'duplicate key',
  IMPOSSIBLE: 'cannot be read as YAML',
  KEY_OVER_1024_CHARS: 'a key of more than 1024 characters',
  MISSING_CHAR: 'something is missing here, such as a comma, a colon or a closing bracket',
  MULTILINE_IMPLICIT_KEY: 'not a "key: value" line; is the colon missing?',
  MULTIPLE_ANCHORS: 'more than one anchor',
  MULTIPLE_DOCS: 'a second document; settings are one, without "---" between',
  MULTIPLE_TAGS: 'more than one tag',
  NON_STRING_KEY: 'a key must be a plain word',
  RESOURCE_EXHAUSTION: 'nested too deeply',
  TAB_AS_INDENT: 'indented with a tab; YAML wants spaces',
  TAG_RESOLVE_FAILED: 'a tag (!name) that is not supported; remove it',
  UNEXPECTED_TOKEN: 'not expected here',
};

/** Whether a reference to a variable stands behind a `{`, where its own braces mean something else. */
function isInFlow(line: string): boolean {
  const at = line.indexOf('${');
  return at > 0 && line.lastIndexOf('{', at - 1) >= 0;
}

/** What is wrong at a place where the YAML cannot be read, without repeating the text. */
export function describeSyntax(code: ErrorCode, parserMessage = '', line = ''): string {
  if (/^ *\t/.test(line)) return MESSAGES.TAB_AS_INDENT;
  if (parserMessage.startsWith('Flow '))
    return 'a { or [ that is not closed, or not indented as far as it should be';
  if (code === 'MISSING_CHAR') {
    if (parserMessage.includes('quote')) return 'a quote that is never closed';
    if (parserMessage.includes('map value')) return MESSAGES.MULTILINE_IMPLICIT_KEY;
    if (parserMessage.startsWith('Comments')) return 'a comment needs a space before its #';
  }
  return isInFlow(line)
    ? `${MESSAGES[code]}; inside { } a "\${…}" cannot stand, give it a line of its own`
    : MESSAGES[code];
}
