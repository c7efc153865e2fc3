import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MUTANTS } from './all-mutants.ts';
import { idsIn, median, withTable } from './mutant-table.ts';
import type { Finding } from './mutant-table.ts';
import { plant } from './mutant.ts';
import type { Mutant } from './mutant.ts';
import { CORE } from './mutated-core.ts';

const page = readFileSync(join(CORE, '../../../docs/mutants.md'), 'utf8');
const mutant = { id: 'm', bug: 'A bug', file: 'a.ts', seenIn: 'a/b#1, #2, elsewhere', breaks: 4 };

describe('the mutants of the core', () => {
  it.each(MUTANTS)('$id has its place in $file', (each) => {
    expect(() => plant(each, readFileSync(join(CORE, each.file), 'utf8'))).not.toThrow();
  });

  it('have names of their own', () => {
    expect(new Set(MUTANTS.map(({ id }) => id)).size).toBe(MUTANTS.length);
  });

  it('are all in the table of docs/mutants.md, and nothing else, each with the seed that found it', () => {
    expect(idsIn(page)).toEqual(MUTANTS.map(({ id }) => id));
    expect(page).not.toContain('not found');
    for (const { bug } of MUTANTS) expect(page).toContain(`| ${bug} |`);
  });
});

describe('planting a mutant', () => {
  it('changes the one place that it names', () => {
    expect(plant({ ...mutant, find: 'b', replace: 'x' }, 'abc')).toBe('axc');
  });

  it.each([
    ['is not there', 'x', 'y', '0 places'],
    ['is there twice', 'b', 'y', '2 places'],
    ['stays as it is', 'a', 'a', 'changes nothing'],
  ])('fails where the place %s', (_, find, replace, complaint) => {
    expect(() => plant({ ...mutant, find, replace }, 'abcb')).toThrow(complaint);
  });
});

describe('the table of mutants', () => {
  const findings = new Map<string, Finding>([
    ['m', { id: 'm', seeds: 7, message: 'I5: 2 | 3\nmore' }],
    ['n', { id: 'n', seeds: 9, message: '' }],
  ]);
  const mutants: Mutant[] = [
    { ...mutant, find: '', replace: '' },
    { ...mutant, id: 'n', find: '', replace: '' },
  ];
  const empty = page.replace(/(<!-- mutants:[^>]*-->).*(<!-- end)/s, '$1$2');

  it('is written between its markers, as often as one likes', () => {
    const once = withTable(empty, mutants, findings);
    expect(withTable(once, mutants, findings)).toBe(once);
    expect(idsIn(once)).toEqual(['m', 'n']);
    expect(once.split('<!--')[0]).toBe(page.split('<!--')[0]);
  });

  it('links where a bug was seen, and keeps its columns whatever was said', () => {
    const links =
      '[a/b#1](https://github.com/a/b/issues/1), [#2](https://github.com/a/b/issues/2), elsewhere';
    expect(withTable(empty, mutants, findings)).toContain(`| A bug | ${links} | 4 | 7 | I5: 2 \\| 3 |`);
  });

  it('says within how many seeds half of them were found', () => {
    expect(median(findings.values())).toBe(7);
    expect(median([])).toBeNaN();
    expect(withTable(empty, mutants, findings)).toContain('half of them within 7 seeds, the last after 9');
  });

  it('cannot be written into a page without markers', () => {
    expect(() => withTable('nothing', mutants, findings)).toThrow('the page has no');
  });
});
