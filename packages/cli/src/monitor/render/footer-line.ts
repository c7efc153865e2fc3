import { colourOf } from '../../paint.ts';
import { lineWidth, span } from '../line.ts';
import type { Line, Span } from '../line.ts';
import type { MonitorState } from '../monitor-state.ts';
import { questionOf } from '../ask-action.ts';
import { shown } from '../text-width.ts';

/** What is asked, or was told; else the keys that matter, as far as there is room. */
export function footerLine({ mode, note, tab, look, grouped }: MonitorState, columns: number): Line {
  switch (mode.kind) {
    case 'asking':
      return [span(questionOf(mode.action, mode.pool), 'reverse')];
    case 'acting':
      return [span(`${mode.action} of pool ${shown(mode.pool, 60)} …`, 'bold')];
    case 'help':
      return [span('any key: back', 'dim')];
    case 'details':
      return keysOf(['up/down', 'another row'], ['Esc', 'back'], ['q', 'quit'])(columns);
    case 'table':
      break;
    /* v8 ignore next -- a mode that is missing above does not compile */
    default:
      return mode satisfies never;
  }
  if (note !== undefined) return [span(shown(note.text, 400), colourOf(note.grade))];
  return keysOf(
    ['q', 'quit'],
    ['h', 'help'],
    ['Space', 'pause'],
    ['Enter', tab === 'pools' ? 'open' : 'details'],
    ...(look.pools.length > 1 && tab !== 'pools' ? [['Tab', 'pool'] as const] : []),
    ['s', 'order'],
    ...(tab === 'leases' ? [['c', grouped ? 'one by one' : 'by place'] as const] : []),
    ['+/-', 'interval'],
    ['C', 'reclaim'],
    ['K', 'evict'],
  )(columns);
}

/** The first ones are those that nobody should have to look for. */
function keysOf(...keys: readonly (readonly [key: string, meaning: string])[]): (columns: number) => Line {
  return (columns) => {
    const line: Span[] = [];
    for (const [key, meaning] of keys) {
      const more = [...(line.length > 0 ? [span('  ')] : []), span(key, 'bold'), span(` ${meaning}`, 'dim')];
      if (lineWidth([...line, ...more]) > columns) break;
      line.push(...more);
    }
    return line;
  };
}
