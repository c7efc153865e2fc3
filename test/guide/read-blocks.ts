/** A fenced block of a page. */
export interface Block {
  /** Of its first fence, from 1. */
  readonly line: number;
  readonly language: string;
  readonly text: string;
  /** What it is said to print: the `text` block right behind it, with nothing but blank lines between. */
  readonly output: string | undefined;
}

const FENCE = /^```(\w*)$/;

/** The blocks of a page that are to be run, in order. Throws when a block has no language, or nothing to be the output of. */
export function readBlocks(page: string): Block[] {
  const blocks: Block[] = [];
  const lines = page.split('\n');
  let lastEnd = -1;
  for (let at = 0; at < lines.length; at += 1) {
    const language = FENCE.exec(lines[at] ?? '')?.[1];
    if (language === undefined) continue;
    const end = lines.indexOf('```', at + 1);
    if (end === -1) throw new Error(`line ${at + 1}: a block without an end`);
    const block = { line: at + 1, language, text: lines.slice(at + 1, end).join('\n'), output: undefined };
    if (language === '') throw new Error(`line ${block.line}: a block without a language`);
    if (language === 'text') {
      const isBeside = lines.slice(lastEnd + 1, at).every((line) => line.trim() === '');
      const ran = isBeside ? blocks.pop() : undefined;
      if (ran === undefined)
        throw new Error(`line ${block.line}: there is no block that it is the output of`);
      blocks.push({ ...ran, output: block.text });
    } else blocks.push(block);
    at = end;
    lastEnd = end;
  }
  return blocks;
}

/** The two programs of a diff: what was there before, and what is there after it. */
export function sidesOf(diff: string): { readonly before: string; readonly after: string } {
  const side = (mark: '-' | '+'): string =>
    diff
      .split('\n')
      .filter((line) => line === '' || line.startsWith(' ') || line.startsWith(mark))
      .map((line) => line.slice(1))
      .join('\n');
  return { before: side('-'), after: side('+') };
}

/** Whether a text is what a page says is printed. `…` stands for anything, also for several lines. */
export function isAsSaid(printed: string, said: string): boolean {
  const pattern = said
    .trim()
    .split('…')
    .map((part) => part.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&').replaceAll(/[ \t]+/g, '[ \\t]+'))
    .join('[^]*?');
  return new RegExp(`^${pattern}$`).test(printed.trim());
}
