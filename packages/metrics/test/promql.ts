/** What one selector of a query asks for. */
export interface Selector {
  readonly metric: string;
  readonly matchers: readonly { readonly label: string; readonly operator: string; readonly value: string }[];
}

/** What a query refers to. */
export interface Query {
  readonly selectors: readonly Selector[];
  /** Those that are grouped by, joined on, or ignored. */
  readonly labels: readonly string[];
}

const TOKEN =
  /\s*(?:(?<string>"(?:[^"\\]|\\.)*")|(?<range>\[\w+\])|(?<number>\d+(?:\.\d+)?)|(?<name>[a-zA-Z_:][\w:]*)|(?<sign>=~|!~|!=|==|>=|<=|[-+*/%^(){},=<>]))/y;
const GROUPINGS = new Set(['by', 'without', 'on', 'ignoring', 'group_left', 'group_right']);
const WORDS = new Set(['and', 'or', 'unless', 'bool', 'offset']);
const FUNCTIONS = new Set(
  [
    'sum',
    'min',
    'max',
    'count',
    'avg',
    'rate',
    'increase',
    'histogram_quantile',
    'clamp_max',
    'clamp_min',
    'vector',
  ].concat(['label_values', 'max_over_time']),
);

interface Token {
  readonly kind: 'string' | 'range' | 'number' | 'name' | 'sign' | 'end';
  readonly text: string;
}

/**
 * The metrics and labels that a query of PromQL refers to. It knows the part of the language that our rules and panels are written in,
 * and throws at everything else: whether that is PromQL at all is for promtool to say.
 */
export function readQuery(text: string): Query {
  const tokens = tokensOf(text);
  const selectors: Selector[] = [];
  const labels: string[] = [];
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at] as Token;
    if (token.kind !== 'name') continue;
    const next = tokens[at + 1] as Token;
    if (GROUPINGS.has(token.text)) {
      const end = closing(tokens, at + 1, '(', ')');
      labels.push(
        ...tokens.slice(at + 2, end).flatMap(({ kind, text: label }) => (kind === 'name' ? [label] : [])),
      );
      at = end;
    } else if (
      (next.text === '(' || next.text === 'by' || next.text === 'without') &&
      !WORDS.has(token.text)
    ) {
      if (!FUNCTIONS.has(token.text)) throw new Error(`no function that we use: ${token.text}`);
    } else if (next.text === '{') {
      const end = closing(tokens, at + 1, '{', '}');
      selectors.push({ metric: token.text, matchers: matchersOf(tokens.slice(at + 2, end)) });
      at = end;
    } else if (!WORDS.has(token.text)) selectors.push({ metric: token.text, matchers: [] });
  }
  return { selectors, labels };
}

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  for (TOKEN.lastIndex = 0; TOKEN.lastIndex < end; ) {
    const from = TOKEN.lastIndex;
    const found = Object.entries(TOKEN.exec(text)?.groups ?? {}).find(([, each]) => each !== undefined);
    if (found === undefined) throw new Error(`not understood: ${text.slice(from)}`);
    tokens.push({ kind: found[0] as Token['kind'], text: found[1] });
  }
  return [...tokens, { kind: 'end', text: '' }];
}

function closing(tokens: readonly Token[], from: number, open: string, close: string): number {
  const end = tokens.findIndex(({ text }, at) => at > from && text === close);
  if (tokens[from]?.text !== open || end < 0)
    throw new Error(`no ${open} … ${close} after ${tokens[from - 1]?.text}`);
  return end;
}

function matchersOf(tokens: readonly Token[]): Selector['matchers'] {
  const matchers = [];
  for (let at = 0; at < tokens.length; at += 4) {
    const [label, operator, value, comma] = tokens.slice(at, at + 4);
    if (label?.kind !== 'name' || value?.kind !== 'string' || (comma !== undefined && comma.text !== ','))
      throw new Error(`not a matcher: ${tokens.map(({ text }) => text).join(' ')}`);
    matchers.push({ label: label.text, operator: operator?.text ?? '', value: value.text.slice(1, -1) });
  }
  return matchers;
}
