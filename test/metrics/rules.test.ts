import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { findDebianPrograms } from '../support/debian.ts';
import { describeWith } from '../support/describe-with.ts';
import { panelQueries, shipped } from '../support/shipped.ts';

const RULES = readFileSync(shipped('prometheus/alerts.yaml'), 'utf8');
const [HEAD = '', ...GROUPS] = readFileSync(shipped('prometheus/alerts.test.yaml'), 'utf8').split(
  /(?=^ {2}- name: )/m,
);

function promtool(...args: string[]): { readonly status: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync(findDebianPrograms().promtool ?? '', args, {
    encoding: 'utf8',
  });
  return { status, said: stdout + stderr };
}

/** A directory with these rules, and our tests of one alert. */
function directoryWith(rules: string, alert = ''): string {
  const directory = mkdtempSync(join(tmpdir(), 'lg-rules-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  writeFileSync(join(directory, 'alerts.yaml'), rules);
  const tests = GROUPS.filter((group) => group.includes(`alertname: ${alert}`));
  writeFileSync(join(directory, 'alerts.test.yaml'), HEAD + tests.join(''));
  return directory;
}

/** Whether our tests find nothing wrong with these rules, of which one was changed. */
async function passes({ rules, alert }: Mutant): Promise<boolean> {
  const file = join(directoryWith(rules, alert), 'alerts.test.yaml');
  return promisify(execFile)(findDebianPrograms().promtool ?? '', ['test', 'rules', file]).then(
    () => true,
    () => false,
  );
}

interface Mutant {
  readonly change: string;
  readonly alert: string;
  readonly rules: string;
}

/** The rules with one change each, that is no longer what the docs say. */
function mutants(): readonly Mutant[] {
  const changes: readonly (readonly [RegExp, (found: string) => string])[] = [
    [/(?<=[\w})\]\n ]) >=? (?=[\d(a-z])/g, (found) => (found.includes('=') ? ' > ' : ' >= ')],
    [/(?<=\n +for: )\d+(?=m)/g, (found) => `${Number(found) + 1}`],
    [/\n +for: .+/g, () => ''],
    [/(?<=\[)\d+m(?=\])/g, (found) => (found === '5m' ? '30m' : '1m')],
    [/(?<=="?)(?:used|failed|suspended|lost)(?=")/g, () => 'idle'],
    [
      /ignoring \(\w+\) lifeguard_connect_failing == 1/g,
      () => 'ignoring (outcome) lifeguard_connect_failing >= 0',
    ],
    [/severity: \w+/g, () => 'severity: none'],
    [/0\.95|clamp_max\((.+) \/ 2, 10\)/g, (found) => (found === '0.95' ? '0.5' : found.replace('10', '100'))],
    [/by \(database_server\) \(db/g, () => '(db'],
  ];
  return changes.flatMap(([pattern, change]) =>
    [...RULES.matchAll(pattern)].map(({ index, 0: found }) => {
      const before = RULES.slice(0, index);
      const alert = [...before.matchAll(/- alert: (\w+)/g)].at(-1)?.[1] ?? '';
      return {
        change: `line ${before.split('\n').length}: ${found.trim()} → ${change(found).trim()}`,
        // What is recorded is for the alert of the fleet, which comes last.
        alert: before.includes('- record: ') ? 'LifeguardFleetOvercommitted' : alert,
        rules: before + change(found) + RULES.slice(index + found.length),
      };
    }),
  );
}

describeWith('promtool', 'the alert rules', () => {
  test('are rules', () => {
    expect(promtool('check', 'rules', shipped('prometheus/alerts.yaml'))).toMatchObject({ status: 0 });
  });

  test('fire when they should, and only then', () => {
    const { status, said } = promtool('test', 'rules', shipped('prometheus/alerts.test.yaml'));
    expect(said).toContain('SUCCESS');
    expect(status).toBe(0);
  });

  test('are rules without units, too, for the exporter of OpenTelemetry', () => {
    const directory = directoryWith(RULES.replaceAll('_seconds', ''));
    expect(promtool('check', 'rules', join(directory, 'alerts.yaml'))).toMatchObject({ status: 0 });
  });

  test('know what the server has from a rule as the docs have it, too', () => {
    const page = readFileSync(new URL('../../docs/monitoring.md', import.meta.url), 'utf8');
    const [, ours = ''] = /```yaml\n(groups:[^]*?)```/.exec(page) ?? [];
    const directory = directoryWith(RULES);
    const max = 'db_client_connection_max{instance="a:1", db_client_connection_pool_name="main"}';
    const test = {
      interval: '1m',
      input_series: [{ series: max, values: '98+0x20' }],
      promql_expr_test: [
        {
          expr: 'sum by (alertname) (ALERTS{alertstate="firing"})',
          eval_time: '15m',
          exp_samples: [{ labels: '{alertname="LifeguardFleetOvercommitted"}', value: 1 }],
        },
      ],
    };
    writeFileSync(join(directory, 'server.yaml'), ours);
    writeFileSync(
      join(directory, 'test.yaml'),
      JSON.stringify({
        rule_files: ['alerts.yaml', 'server.yaml'],
        evaluation_interval: '1m',
        tests: [test],
      }),
    );
    expect(promtool('test', 'rules', join(directory, 'test.yaml'))).toMatchObject({ status: 0 });
  });

  test('are tested so that a change is noticed', { timeout: 120_000 }, async () => {
    const left = [...mutants()];
    expect(left.length).toBeGreaterThan(40);
    const unnoticed: string[] = [];
    const hunt = async (): Promise<void> => {
      for (let mutant = left.pop(); mutant !== undefined; mutant = left.pop())
        if (await passes(mutant)) unnoticed.push(mutant.change);
    };
    await Promise.all([hunt(), hunt()]);
    expect(unnoticed).toEqual([]);
  });
});

describeWith('promtool', 'the dashboard', () => {
  test('asks in PromQL', () => {
    const rules = panelQueries('5m').map(({ query }, index) => ({ record: `panel:${index}`, expr: query }));
    // JSON is YAML.
    const directory = directoryWith(JSON.stringify({ groups: [{ name: 'panels', rules }] }));
    const { status, said } = promtool('check', 'rules', join(directory, 'alerts.yaml'));
    expect(said).toContain(`${rules.length} rules found`);
    expect(status).toBe(0);
  });
});
