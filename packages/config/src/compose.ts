import { Composer, Lexer, Parser, visit } from 'yaml';
import type { CST, Document, YAMLError } from 'yaml';
import type { ProblemLog } from './problem-log.ts';
import type { SourceText } from './source-text.ts';
import { describeSyntax } from './syntax-problem.ts';

/** Levels of sections and lists. Ours has three; the composer's recursion survives some thousands. */
export const DEEPEST = 32;

/** Plain data only: no merge keys, and duplicates are found by the reader, which needs no quadratic search for it. */
const OPTIONS = { schema: 'core', merge: false, uniqueKeys: false, stringKeys: true, strict: true } as const;

/** The YAML document of a text. Throws all syntax errors at once. */
export function composeYaml(source: SourceText, log: ProblemLog): Document.Parsed {
  const [document, second] = composeAll(source.text, log);
  if (document === undefined) return log.fail({ path: [], message: UNREADABLE });
  logSyntaxProblems(document, source, log);
  log.throwIfAny();
  const message = describeSyntax('MULTIPLE_DOCS');
  if (second !== undefined) log.fail({ offset: second.range[0], path: [], message });
  return document;
}

const UNREADABLE = 'cannot be read as YAML';

function composeAll(text: string, log: ProblemLog): Document.Parsed[] {
  try {
    return [...new Composer({ ...OPTIONS }).compose(tokens(text), true, text.length)];
  } catch (error) {
    if (error instanceof Refusal) return log.fail({ offset: error.offset, path: [], message: error.message });
    return log.fail({ path: [], message: UNREADABLE });
  }
}

/** What lexer and parser make of the text. They do not recurse; the composer, which does, gets nothing deep from here. */
function* tokens(text: string): Generator<CST.Token> {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) {
      if (token.type === 'directive') throw new Refusal(token.offset, describeSyntax('BAD_DIRECTIVE'));
      yield token;
    }
    if (parser.stack.length > DEEPEST && parser.stack.filter((open) => 'items' in open).length > DEEPEST) {
      throw new Refusal(parser.offset, `nested more than ${DEEPEST} levels deep`);
    }
  }
  yield* parser.end();
}

class Refusal extends Error {
  readonly offset: number;

  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

/** One problem a line: the parser stumbles over the same mistake several times. */
function logSyntaxProblems(document: Document.Parsed, source: SourceText, log: ProblemLog): void {
  const lines = new Set<number>();
  const errors = [...document.errors, ...document.warnings];
  for (const error of errors) {
    const offset = openingQuote(document, error) ?? error.pos[0];
    const { line } = source.positionAt(offset);
    if (lines.has(line)) continue;
    lines.add(line);
    log.add({ offset, path: [], message: describeSyntax(error.code, error.message, source.line(line)) });
  }
}

/** A quote that is never closed is noticed at the end of the file; what helps is where it opens. */
function openingQuote(document: Document.Parsed, error: YAMLError): number | undefined {
  if (error.code !== 'MISSING_CHAR' || !error.message.includes('quote')) return undefined;
  let offset: number | undefined;
  visit(document, {
    Scalar(_key, { range }) {
      if (range?.[1] !== error.pos[0]) return undefined;
      offset = range[0];
      return visit.BREAK;
    },
  });
  return offset;
}
