import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { formatDuration } from '@lifeguard/core/adapter';
import { ALERT_RULE_IDS } from './alert-limits.ts';
import type { AnyRule } from './alert-entry.ts';
import { ORPHANS_RULE } from './orphans-rule.ts';
import { POOL_RULES } from './pool-rules.ts';

const page = readFileSync(new URL('../../../../docs/alerts.md', import.meta.url), 'utf8');
const rules: readonly AnyRule[] = [...POOL_RULES, ORPHANS_RULE];

test('the table of docs/alerts.md is that of the rules', () => {
  const rows = rules.map(({ id, severity, condition, limits }) => {
    const { forMs, resolveAt, resolveAfterMs } = limits;
    const lasting = forMs === 0 ? 'at once' : formatDuration(forMs);
    const end = `${Number(resolveAt.toFixed(3))}, for ${formatDuration(resolveAfterMs)}`;
    return `| [\`${id}\`](#${id}) | ${severity} | ${condition(limits)} | ${lasting} | ${end} |`;
  });
  const table = ['| rule | | fires when | for | over at |', '|---|---|---|---|---|', ...rows].join('\n');
  expect(page).toContain(`\n${table}\n`);
});

test('each rule has a paragraph there', () => {
  const headings = [...page.matchAll(/^### (.*)$/gm)].map(([, heading]) => heading);
  expect(headings).toEqual([...ALERT_RULE_IDS]);
});
