import { describe, expect, test } from 'vitest';
import { checkClaims } from './claims.ts';
import * as render from './render.ts';
import { sideResult } from './side-result.fixture.ts';

const plainText: render.Paint = (_format, text) => text;
const tagged: render.Paint = (format, text) => `<${format}>${text}</${format}>`;
const [plain, guarded] = [sideResult('pg.Pool'), sideResult('Lifeguard')];
const longText = `LG_LEAK_SUSPECTED: held\n  fix       ${'wrap the code in a transaction or release it '.repeat(4)}`;

test('nothing is wider than 98 columns', () => {
  const log = { ...guarded.log, leakText: longText };
  const text = [
    render.renderIntro(plainText),
    render.renderResults(plain, { ...guarded, log }, [], plainText),
  ].join('\n');
  const widths = text.split('\n').map((line) => line.length);
  expect(Math.max(...widths)).toBeLessThanOrEqual(98);
});

test('a long row goes on below itself', () => {
  const log = { ...guarded.log, leakText: longText };
  const lines = render.renderReports({ ...guarded, log }, plainText).split('\n');
  expect(lines[2]).toMatch(/^ {4}fix {7}wrap/);
  expect(lines[3]).toMatch(/^ {14}\S/);
});

describe('the comparison', () => {
  test('puts the numbers of both runs beside each other', () => {
    const text = render.renderComparison(plain, guarded, plainText);
    expect(text).toMatch(/served +250 \(34\.7 %\) +690 \(95\.8 %\)/);
    expect(text).toMatch(/latency p50 \/ p99, failures included +1s \/ 1s +4ms \/ 1s/);
    expect(text).toMatch(/shutdown +killed after 2s +62ms/);
  });

  test('colours only what differs, and after it is aligned', () => {
    const text = render.renderComparison(plain, guarded, tagged);
    expect(text).toMatch(/requests sent +720 +720\n/);
    expect(text).toMatch(/<red> +10 of 10<\/red><green> +0 of 10<\/green>/);
  });
});

test('a second shows who holds how much, and its failures in red', () => {
  const second = { second: 4, served: 12, failed: 3, held: 4, max: 10 };
  expect(render.renderSecond(second, plainText)).toBe('       4   ■■■■······    4/10        12       3');
  expect(render.renderSecond(second, tagged)).toMatch(/<red> +3<\/red>$/);
});

test('99.96 % is not shown as all', () => {
  const requests = { sent: 10_000, served: 9_996 };
  expect(render.renderComparison(plain, { ...guarded, requests }, plainText)).toContain('99.9 %');
});

test('claims that do not hold are told with what was seen', () => {
  const claims = checkClaims(plain, { ...guarded, health: 'exhausted' });
  expect(render.renderClaims(claims, plainText)).toBe(
    'does not hold: Lifeguard: healthy at the end; seen: exhausted\nclaims: 27 held, 1 failed',
  );
});

test('of what is said from outside the beginning is shown, and how much more there is', () => {
  const text = render.renderDiagnosis(plain, plainText);
  expect(text).toContain('pool shop: critical');
  expect(text.match(/held for/g)).toHaveLength(4);
  expect(text).toContain('      … and 2 more');
  expect(text.match(/critical leaking-site/g)).toHaveLength(1);
  expect(text).toContain('    … and 1 more');
});
