import { describe, expect, it } from 'vitest';
import { isAsSaid, readBlocks, sidesOf } from './read-blocks.ts';

const page = (...lines: string[]): string => lines.join('\n');

describe('the blocks of a page', () => {
  it('are known by their language and line, with what they print', () => {
    const text = page(
      '# Title',
      '```ts',
      'a();',
      'b();',
      '```',
      '',
      '```text',
      'one',
      '```',
      '```sh',
      'ls',
      '```',
    );
    expect(readBlocks(text)).toEqual([
      { line: 2, language: 'ts', text: 'a();\nb();', output: 'one' },
      { line: 10, language: 'sh', text: 'ls', output: undefined },
    ]);
  });

  it.each([
    ['without an end', ['```ts', 'a();']],
    ['without a language', ['```', 'a();', '```']],
    ['output of', ['```ts', '```', 'They say:', '```text', 'one', '```']],
  ])('are refused: %s', (message, lines) => {
    expect(() => readBlocks(page(...lines))).toThrow(message);
  });

  it('that are diffs have two sides', () => {
    expect(sidesOf(page(' import a;', '-old();', '+new1();', '+new2();', '', ' end();'))).toEqual({
      before: page('import a;', 'old();', '', 'end();'),
      after: page('import a;', 'new1();', 'new2();', '', 'end();'),
    });
  });
});

describe('what is printed', () => {
  it.each([
    ['served in 12ms\n', 'served in …', true],
    ['a\nb\nc\n', 'a\n…\nc', true],
    ['held   for 3 s', 'held for 3 s', true],
    ['served', 'refused', false],
    ['served twice', 'served', false],
    ['a.b', 'a+b', false],
  ])('%j against %j', (printed, said, expected) => {
    expect(isAsSaid(printed, said)).toBe(expected);
  });
});
