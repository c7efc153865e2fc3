import { expect, test } from 'vitest';
import { readErrorPages } from '../test/read-error-pages.ts';
import { ERROR_PAGES } from './error-pages.ts';

test('the pages are those of docs/errors.md (else: node test/write-error-pages.ts, and format)', () => {
  expect(ERROR_PAGES).toEqual(readErrorPages());
  expect(Object.keys(ERROR_PAGES).length).toBeGreaterThan(20);
});

test('no page sends its reader to a file that is not there', () => {
  for (const [code, lines] of Object.entries(ERROR_PAGES))
    expect([code, lines.filter((line) => /\.md\b|\]\(|docs\//.test(line))]).toEqual([code, []]);
});
