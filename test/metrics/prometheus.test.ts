import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { answerScrape } from '@lifeguard/metrics';
import { traceWaits } from '@lifeguard/metrics/traces';
import { LifeguardPool } from '@lifeguard/pg';
import type { ClientLease } from '@lifeguard/pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { describeWith } from '../support/describe-with.ts';
import { Prometheus } from '../support/prometheus.ts';
import { panelQueries, shipped } from '../support/shipped.ts';
import { until } from '../support/until.ts';

const POOL = 'db_client_connection_pool_name';

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly name: string;
      readonly health: string;
      readonly lastError?: string;
      readonly alerts?: readonly {
        readonly state: string;
        readonly labels: Readonly<Record<string, string>>;
      }[];
    }[];
  }[];
}

type Exemplars = readonly {
  readonly seriesLabels: Readonly<Record<string, string>>;
  readonly exemplars: readonly {
    readonly labels: Readonly<Record<string, string>>;
    readonly value: string;
  }[];
}[];

describeWith('prometheus', 'a Prometheus that scrapes an application', () => {
  const tracer = new TracerProvider().getTracer('application');
  let orders: LifeguardPool;
  let jobs: LifeguardPool;
  let server: Server;
  let prometheus: Prometheus;
  let stopTracing: () => void;
  /** That of a call that has waited. */
  let traceId: string | undefined;
  let held: ClientLease | undefined;
  let waiting: Promise<ClientLease> | undefined;
  const formats = new Set<string>();
  let looks = 0;

  /** It looks often enough for a rate to be seen. */
  const scrapes = async (atLeast: number): Promise<void> => {
    const enough = looks + atLeast;
    await until(`${atLeast} scrapes`, () => looks >= enough, 20_000);
  };

  beforeAll(async () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    stopTracing = traceWaits();
    const connectionString = inject('databaseUrl');
    orders = new LifeguardPool({ connectionString, name: 'orders', max: 1 });
    jobs = new LifeguardPool({ connectionString, name: 'jobs "nightly"\\', max: 2, min: 1 });
    server = createServer((request, response) => {
      const { contentType, body } = answerScrape(request.headers.accept, [orders, jobs]);
      formats.add(contentType);
      looks += 1;
      response.setHeader('content-type', contentType).end(body);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    prometheus = await Prometheus.start({
      job: 'shop',
      targets: [`127.0.0.1:${(server.address() as AddressInfo).port}`],
      ruleFiles: [shipped('prometheus/alerts.yaml')],
    });
    await scrapes(3);
    await jobs.query('select 1');
    await useUp();
    await scrapes(4);
  });

  /** One caller has the only connection of `orders`, another waits for it and gets it, and one gets nothing. */
  async function useUp(): Promise<void> {
    const first = await orders.lease();
    const second = tracer.startActiveSpan('order', { root: true }, async (span) => {
      traceId = span.spanContext().traceId;
      held = await orders.lease();
      span.end();
    });
    await expect(orders.lease({ timeoutMs: 60 })).rejects.toMatchObject({ code: 'LG_ACQUIRE_TIMEOUT' });
    first.release();
    await second;
    // For as long as the tests run.
    waiting = orders.lease({ timeoutMs: 120_000 });
  }

  afterAll(async () => {
    await prometheus?.[Symbol.asyncDispose]();
    server?.closeAllConnections();
    server?.close();
    stopTracing?.();
    context.disable();
    held?.release();
    (await waiting)?.release();
    await Promise.all([orders?.close(), jobs?.close()]);
  });

  test('asks for OpenMetrics, and can read it', async () => {
    expect([...formats]).toEqual(['application/openmetrics-text; version=1.0.0; charset=utf-8']);
    expect(await prometheus.find('max_over_time(up[10s])')).toMatchObject([
      { metric: { job: 'shop' }, value: 1 },
    ]);
    const described = await prometheus.ask<Record<string, readonly object[]>>('metadata');
    expect(described['lifeguard_loop_blocked_time_seconds']).toEqual([
      { type: 'counter', unit: 'seconds', help: expect.stringContaining('200 ms') },
    ]);
    expect(await prometheus.find('sum(lifeguard_acquires_total{outcome="timeout"})')).toMatchObject([
      { value: 1 },
    ]);
  });

  test('has something to show in every panel', async () => {
    const queries = panelQueries('10s');
    expect(queries.length).toBeGreaterThan(40);
    for (const { query } of queries) await prometheus.find(query);
  });

  test('shows what is wrong on top', async () => {
    const value = async (title: string): Promise<number | undefined> => {
      const query = panelQueries('10s').find(({ panel }) => panel.startsWith(title))?.query ?? '';
      return (await prometheus.find(query))[0]?.value;
    };
    expect(await value('In use A')).toBe(1);
    expect(await value('Waiting A')).toBe(1);
    expect(await value('Pools in trouble A')).toBe(1);
    expect(await value('Oldest wait A')).toBeGreaterThan(0);
    expect(await value('Unreachable A')).toBe(0);
    expect(await value('Suspected leaks A')).toBe(0);
    const waits = await prometheus.find(
      panelQueries('30s').find(({ panel }) => panel === 'Wait: median, p95, p99 C')?.query ?? '',
    );
    const wait = waits.find(({ metric }) => metric[POOL] === 'orders')?.value;
    expect(wait).toBeGreaterThan(0.05);
    expect(wait).toBeLessThan(5);
  });

  test('evaluates every rule, and raises the alarm with the labels of the pool', async () => {
    const rulesOf = async () => (await prometheus.ask<Rules>('rules')).groups.flatMap(({ rules }) => rules);
    const raised = async (alert: string) =>
      (await rulesOf()).find(({ name }) => name === alert)?.alerts ?? [];
    await until('it is raised', async () => (await raised('LifeguardAcquireTimeouts')).length > 0);
    const rules = await rulesOf();
    expect(rules.length).toBe(14);
    expect(
      rules.filter(({ health }) => health !== 'ok').map(({ name, lastError }) => [name, lastError]),
    ).toEqual([]);
    const labels = { job: 'shop', instance: expect.stringContaining('127.0.0.1:'), [POOL]: 'orders' };
    expect(await raised('LifeguardAcquireTimeouts')).toMatchObject([{ state: 'firing', labels }]);
    expect(await raised('LifeguardPoolSaturated')).toMatchObject([{ state: 'pending', labels }]);
    expect(await raised('LifeguardPoolUsageHigh')).toMatchObject([{ state: 'pending', labels }]);
    expect(await raised('LifeguardConnectsFailing')).toEqual([]);
  });

  test('leads from the panel of waits to the trace that has waited', async () => {
    const query = panelQueries('10s').find(({ panel }) => panel === 'Wait: median, p95, p99 B')?.query ?? '';
    const now = Date.now() / 1_000;
    const found = await prometheus.ask<Exemplars>('query_exemplars', {
      query,
      start: String(now - 60),
      end: String(now + 60),
    });
    expect(traceId).toMatch(/^[0-9a-f]{32}$/);
    const [series, ...others] = found.filter(({ exemplars }) =>
      exemplars.some(({ labels }) => labels['trace_id'] === traceId),
    );
    expect(others).toEqual([]);
    expect(series?.seriesLabels).toMatchObject({ [POOL]: 'orders', job: 'shop' });
    const { value, labels } = series?.exemplars.at(-1) ?? {};
    expect(labels).toEqual({ trace_id: traceId, span_id: expect.stringMatching(/^[0-9a-f]{16}$/) });
    expect(Number(value)).toBeGreaterThan(0.05);
    expect(Number(value)).toBeLessThanOrEqual(Number(series?.seriesLabels['le']));
  });
});
