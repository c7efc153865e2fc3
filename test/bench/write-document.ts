import { readFileSync, writeFileSync } from 'node:fs';
import { renderSuite, renderTargets } from './render.ts';
import type { Suite, SuiteResult } from './suite.ts';

const DOCUMENT = new URL('../../docs/performance.md', import.meta.url);

/** Replaces the parts of docs/performance.md that were measured, and leaves those of suites that did not run. */
export function writeDocument(results: ReadonlyMap<Suite, SuiteResult>, machine: string): void {
  let text = readFileSync(DOCUMENT, 'utf8');
  for (const [suite, result] of results) {
    const section = `${renderSuite(suite, result)}\n\n${renderTargets(result.targets)}\n\n${machine}.`;
    text = replaceBetween(text, suite.name, section);
  }
  writeFileSync(DOCUMENT, text);
}

/** The text with what stands between the markers of `name` replaced. */
function replaceBetween(text: string, name: string, section: string): string {
  const [begin, end] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`there are no markers ${begin} … ${end}`);
  return `${text.slice(0, from + begin.length)}\n\n${section}\n\n${text.slice(to)}`;
}
