import type { Mutant } from './mutant.ts';

/** How the simulator found a mutant. */
export interface Finding {
  readonly id: string;
  /** Seeds played up to and with the one that showed it. */
  readonly seeds: number;
  /** What the simulator said. */
  readonly message: string;
}

const BEGIN = '<!-- mutants: written by `npm run mutants` -->';
const END = '<!-- end of mutants -->';
const HEAD = '| mutant | the bug | seen in | rule | found after | by |';
const MAX_MESSAGE = 90;

/** `page` with the table between its two markers written anew. */
export function withTable(
  page: string,
  mutants: readonly Mutant[],
  findings: ReadonlyMap<string, Finding>,
): string {
  const [before, rest] = split(page, BEGIN);
  const [, after] = split(rest, END);
  const rows = mutants.map((mutant) => row(mutant, findings.get(mutant.id)));
  const lines = [BEGIN, '', summary(findings), '', HEAD, HEAD.replaceAll(/[^|]+/g, '---'), ...rows, '', END];
  return `${before}${lines.join('\n')}${after}`;
}

/** The ids in the table of `page`, in order. */
export function idsIn(page: string): string[] {
  const [, rest] = split(page, BEGIN);
  const [table] = split(rest, END);
  return [...table.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, id]) => id as string);
}

/** Half of the mutants are found within so many seeds. */
export function median(findings: Iterable<Finding>): number {
  const sorted = [...findings].map(({ seeds }) => seeds).sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}

function summary(findings: ReadonlyMap<string, Finding>): string {
  const most = Math.max(...[...findings.values()].map(({ seeds }) => seeds));
  return `${findings.size} mutants, all found; half of them within ${median(findings.values())} seeds, the last after ${most}.`;
}

function row({ id, bug, seenIn, breaks }: Mutant, finding: Finding | undefined): string {
  const seeds = finding === undefined ? 'not found' : String(finding.seeds);
  const cells = [`\`${id}\``, bug, linked(seenIn), String(breaks), seeds, short(finding?.message ?? '')];
  return `| ${cells.join(' | ')} |`;
}

/** `owner/repository#1, #2` → links; anything else stays as it is. */
function linked(seenIn: string): string {
  let repository = '';
  return seenIn
    .split(', ')
    .map((part) => {
      const [, named = '', number] = /^([\w.-]+\/[\w.-]+)?#(\d+)$/.exec(part) ?? [];
      if (number === undefined) return part;
      repository = named === '' ? repository : named;
      return `[${part}](https://github.com/${repository}/issues/${number})`;
    })
    .join(', ');
}

function short(message: string): string {
  const line = (message.split('\n')[0] ?? '').replaceAll('|', '\\|').replaceAll('`', '’');
  return line.length > MAX_MESSAGE ? `${line.slice(0, MAX_MESSAGE - 1)}…` : line;
}

function split(text: string, marker: string): [before: string, after: string] {
  const at = text.indexOf(marker);
  if (at < 0) throw new Error(`the page has no ${marker}`);
  return [text.slice(0, at), text.slice(at + marker.length)];
}
