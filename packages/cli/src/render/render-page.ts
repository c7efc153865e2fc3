import { hanging } from '../layout.ts';
import type { Layout } from '../layout.ts';
import type { Paint } from '../paint.ts';

/** A page of docs/errors.md for a terminal: paragraphs and points, with what is emphasised in bold. */
export function renderPage(code: string, lines: readonly string[], paint: Paint, layout: Layout): string {
  const blocks = blocksOf(lines).map((block) => renderBlock(block, layout));
  const text = [code, '', ...blocks].join('\n');
  return text
    .replace(code, paint('bold', code))
    .replaceAll(/\*\*(.+?)\*\*/gs, (_, strong: string) => paint('bold', strong));
}

/** Lines that belong together, as one; an empty one between paragraphs. */
function blocksOf(lines: readonly string[]): string[] {
  const blocks: string[] = [];
  for (const line of lines) {
    const last = blocks.at(-1);
    if (last === undefined || last === '' || line === '' || line.startsWith('- ')) blocks.push(line);
    else blocks[blocks.length - 1] = `${last} ${line.trim()}`;
  }
  return blocks;
}

function renderBlock(block: string, layout: Layout): string {
  return block.startsWith('- ') ? hanging('- ', block.slice(2), layout) : hanging('', block, layout);
}
