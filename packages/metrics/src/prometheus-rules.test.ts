import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { parse } from 'yaml';
import { ALERTS_TABLE, alertsTable, readRules } from '../test/alerts-table.ts';
import { strangersIn } from '../test/emitted.ts';
import { readQuery } from '../test/promql.ts';

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
const rules = readRules();
const alerts = rules.filter((rule) => rule.alert !== undefined);

/** What does not come from us: what postgres_exporter says, and what the rules record themselves. */
const OTHERS = [
  'pg_settings_max_connections',
  'pg_settings_superuser_reserved_connections',
  'pg_settings_reserved_connections',
  ...rules.flatMap(({ record }) => record ?? []),
];

describe('prometheus/alerts.yaml', () => {
  it.each(rules.map((rule) => [rule.alert ?? rule.record, rule] as const))(
    '%s refers to nothing that we do not emit',
    (_, rule) => {
      expect(strangersIn(rule.expr, OTHERS)).toEqual([]);
      expect(readQuery(rule.expr).selectors.length).toBeGreaterThan(0);
    },
  );

  it.each(alerts.map((rule) => [rule.alert, rule] as const))(
    '%s says how bad it is, what it is, and where to read on',
    (_, rule) => {
      const { labels, annotations } = rule;
      expect(labels).toEqual({ severity: expect.stringMatching(/^(?:critical|warning|info)$/) });
      expect(Object.keys(annotations ?? {})).toEqual(['summary', 'description', 'runbook']);
      for (const text of Object.values(annotations ?? {})) expect(text).not.toMatch(/\n| {2}/);
      for (const [, label = ''] of `${annotations?.summary}${annotations?.description}`.matchAll(
        /\$labels\.(\w+)/g,
      ))
        expect(['instance', 'db_client_connection_pool_name']).toContain(label);
      const [page = '', anchor] = annotations?.runbook.split('#') ?? [];
      expect(anchorsOf(read(page))).toContain(anchor);
      for (const [code] of annotations?.description.matchAll(/LG_[A-Z_]+/g) ?? [])
        expect(read('docs/errors.md')).toContain(`\n## ${code}\n`);
    },
  );

  it('is tested, alert by alert, for what fires and what does not', () => {
    const { tests } = parse(read('packages/metrics/prometheus/alerts.test.yaml')) as {
      tests: { alert_rule_test: { alertname: string; exp_alerts: unknown[] }[] }[];
    };
    const expected = tests.flatMap((each) => each.alert_rule_test);
    for (const { alert } of alerts) {
      const counts = expected
        .filter(({ alertname }) => alertname === alert)
        .map((each) => each.exp_alerts.length);
      expect(counts, alert).toContain(0);
      expect(Math.max(...counts), alert).toBeGreaterThan(0);
    }
  });
});

test('docs/monitoring.md has the table of all alerts', () => {
  expect(read('docs/monitoring.md').match(ALERTS_TABLE)?.[0]).toBe(alertsTable());
});

describe('the reader of queries', () => {
  it('finds metrics, matchers and labels', () => {
    expect(
      readQuery('sum by (job, le) (rate(a_total{b="c", d=~"e|f"}[5m])) / on (job) a > 0.5 and x == 1'),
    ).toEqual({
      selectors: [
        {
          metric: 'a_total',
          matchers: [
            { label: 'b', operator: '=', value: 'c' },
            { label: 'd', operator: '=~', value: 'e|f' },
          ],
        },
        { metric: 'a', matchers: [] },
        { metric: 'x', matchers: [] },
      ],
      labels: ['job', 'le', 'job'],
    });
  });

  it.each([
    ['lifeguard_leak', 'metric lifeguard_leak'],
    ['lifeguard_leaks_total{outcome="failed"}', 'label outcome of lifeguard_leaks_total'],
    ['lifeguard_connects_total{outcome="ok"}', 'outcome="ok" of lifeguard_connects_total'],
    ['sum by (pool) (lifeguard_leaks_total)', 'label pool'],
    [
      'lifeguard_loop_longest_stall_seconds{db_client_connection_pool_name=~"a"}',
      'label db_client_connection_pool_name of lifeguard_loop_longest_stall_seconds',
    ],
  ])('finds what is not ours in %s', (query, stranger) => {
    expect(strangersIn(query)).toEqual([stranger]);
  });

  it.each(['deriv(a[5m])', 'a @ 5', 'a{b}', 'sum by job (a)', 'a{b="c"'])(
    'refuses what it does not know: %s',
    (query) => {
      expect(() => readQuery(query)).toThrow();
    },
  );
});

/** As GitHub makes them of headings. */
function anchorsOf(page: string): readonly string[] {
  return [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}
