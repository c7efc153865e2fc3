import process from 'node:process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ScreenEmulator } from '../../test/screen-emulator.ts';
import { coloured } from '../paint.ts';
import { frameText } from './frame-text.ts';
import type { Frame } from './frame-text.ts';
import { lineText } from './line.ts';
import { widthOf } from './text-width.ts';

const frame = (...lines: string[]): Frame => ({ columns: 10, rows: lines.length, lines });

test('a frame that is the same writes nothing', () => {
  expect(frameText(frame('a', 'b'), frame('a', 'b'))).toBe('');
});

test('only what has changed is written, all at once, and erased behind and not before', () => {
  expect(frameText(frame('a', 'b', 'c'), frame('a', 'x', 'c'))).toBe(
    '\u001b[?2026h\u001b[2;1Hx\u001b[K\u001b[?2026l',
  );
});

test('a full line keeps its last character', () => {
  const screen = new ScreenEmulator(10, 1);
  screen.write(frameText(undefined, frame('0123456789')));
  expect(screen.lines).toEqual(['0123456789']);
});

test('a screen of another size is written anew', () => {
  const wide = { ...frame('a', 'b'), columns: 20 };
  expect(frameText(frame('a', 'b'), wide)).toContain('\u001b[2;1Hb');
});

const size = fc.record({ columns: fc.integer({ min: 2, max: 24 }), rows: fc.integer({ min: 1, max: 6 }) });
const span = fc.record({
  text: fc.string({ unit: fc.constantFrom('a', 'b', ' ', '|', '日', '🛟', 'é', '…', '→'), maxLength: 30 }),
  colour: fc.constantFrom('red', 'reverse', undefined),
});
const drawing = fc.record({ size, lines: fc.array(fc.array(span, { maxLength: 3 }), { maxLength: 6 }) });
/** Most frames are of the size of the one before. */
const steps = fc.array(fc.record({ drawing, isResized: fc.boolean() }), { minLength: 1, maxLength: 12 });

/** Terminals that disagree about how wide is what. */
const widths: readonly (readonly [string, (character: string) => number])[] = [
  ['thinks as we do', widthOf],
  ['thinks that everything is narrow', () => 1],
  ['thinks that arrows are wide', (character) => (character === '→' ? 2 : widthOf(character))],
];

test.each(widths)('the screen always shows the last frame, in a terminal that %s', (_, width) => {
  fc.assert(
    fc.property(steps, (all) => {
      let current = all[0]?.drawing.size ?? { columns: 2, rows: 1 };
      const screen = new ScreenEmulator(current.columns, current.rows, width);
      screen.resize(current.columns, current.rows);
      let before: Frame | undefined;
      for (const {
        drawing: { size: wanted, lines },
        isResized,
      } of all) {
        const isOther = wanted.columns !== current.columns || wanted.rows !== current.rows;
        if (isResized && isOther) screen.resize(wanted.columns, wanted.rows);
        if (isResized) current = wanted;
        const { columns, rows } = current;
        const texts = Array.from({ length: rows }, (__, row) => lineText(lines[row] ?? [], columns, true));
        const next = { columns, rows, lines: texts };
        screen.write(frameText(before, next));
        before = next;
        const blank = new ScreenEmulator(columns, rows, width);
        for (const [row, text] of texts.entries()) blank.write(`\u001b[${row + 1};1H${text}`);
        expect(screen.lines).toEqual(blank.lines);
      }
    }),
    { numRuns: Number(process.env['LG_RUNS'] ?? 300) },
  );
});

test('what the screen shows is what the line says', () => {
  const screen = new ScreenEmulator(10, 2);
  screen.write(frameText(undefined, frame(coloured('red', '日本 ab'), '')));
  expect(screen.lines).toEqual(['日本 ab', '']);
});
