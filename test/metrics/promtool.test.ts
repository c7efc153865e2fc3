import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAdmin, serveAdmin } from '@lifeguard/admin';
import { LifeguardPool } from '@lifeguard/pg';
import { expect, inject, onTestFinished, test } from 'vitest';
import { findDebianPrograms } from '../support/debian.ts';
import { describeWith } from '../support/describe-with.ts';

/** A name that ends in `_count`, as that of OpenTelemetry's conventions does, is all that it has to say. */
const KNOWN =
  'db_client_connection_count non-histogram and non-summary metrics should not have "_count" suffix\n';

function promtool(
  text: string,
  ...args: string[]
): { readonly status: number | null; readonly said: string } {
  const { promtool: program = '' } = findDebianPrograms();
  const { status, stdout, stderr } = spawnSync(program, ['check', ...args], {
    input: text,
    encoding: 'utf8',
  });
  return { status, said: stdout + stderr };
}

function privateDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'lg-metrics-'));
  chmodSync(directory, 0o700);
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** The metrics of an application with two pools that have been used, as its socket gives them. */
async function scrape(): Promise<string> {
  const directory = privateDirectory();
  const connectionString = inject('databaseUrl');
  await using orders = new LifeguardPool({ connectionString, name: 'orders', max: 2 });
  await using jobs = new LifeguardPool({ connectionString, name: 'jobs "nightly"\\', max: 1 });
  await using admin = await serveAdmin({ pools: [orders, jobs], directory });
  await Promise.all([1, 2, 3].map(() => orders.query('select pg_sleep(0.002)')));
  await using held = await jobs.lease();
  await held.query('select 1');
  await expect(jobs.lease({ timeoutMs: 10 })).rejects.toMatchObject({ code: 'LG_ACQUIRE_TIMEOUT' });
  return String(await (await connectAdmin({ path: admin.path as string })).get('/v1/metrics'));
}

describeWith('promtool', 'promtool', () => {
  test('finds nothing wrong with the metrics of an application, but for one name', async () => {
    const text = await scrape();
    expect(text).toContain('db_client_connection_count{db_client_connection_pool_name="orders",');
    expect(text).toContain(
      'db_client_connection_timeouts_total{db_client_connection_pool_name="jobs \\"nightly\\"\\\\"} 1\n',
    );
    expect(promtool(text, 'metrics')).toEqual({ status: 3, said: KNOWN });
  });

  test('would say what is wrong', () => {
    const twice = '# TYPE leaks counter\nleaks{pool="a"} 1\nleaks{pool="a"} 1\n';
    expect(promtool(twice, 'metrics').status).not.toBe(0);
    expect(promtool('lifeguard_leaks_total{pool="a} 1\n', 'metrics').said).toContain('parsing error');
  });

  test('can read the configuration in docs/monitoring.md', () => {
    const page = readFileSync(new URL('../../docs/monitoring.md', import.meta.url), 'utf8');
    const [, yaml = ''] = /```yaml\n(scrape_configs:[^]*?)```/.exec(page) ?? [];
    const file = join(privateDirectory(), 'prometheus.yml');
    writeFileSync(file, yaml);
    expect(promtool('', 'config', '--syntax-only', file)).toMatchObject({ status: 0 });
  });
});
