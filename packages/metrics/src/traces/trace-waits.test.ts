import { SpanStatusCode, context } from '@opentelemetry/api';
import type { Span } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AlwaysOffSampler,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { settle } from '@lifeguard/core/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { makePool } from '../../test/measured-world.ts';
import { readOpenMetrics } from '../../test/openmetrics-reader.ts';
import { prometheusText } from '../prometheus-text.ts';
import { traceWaits } from './trace-waits.ts';
import type { TraceWaitsOptions } from './trace-waits.ts';

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
afterAll(() => context.disable());

function makeTracing(options: TraceWaitsOptions = {}, isSampled = true) {
  const exporter = new InMemorySpanExporter();
  const tracerProvider = new TracerProvider({
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
    ...(isSampled ? {} : { sampler: new AlwaysOffSampler() }),
  });
  const tracer = tracerProvider.getTracer('application');
  const { pool, clock } = makePool({ name: 'orders', size: 1, maxOverflow: 0 });
  const stop = traceWaits({ tracerProvider, pools: [pool], ...options });
  onTestFinished(stop);
  /** Runs `work` in a trace of its own. */
  const inTrace = <T>(name: string, work: (span: Span) => Promise<T>): Promise<T> =>
    tracer.startActiveSpan(name, { root: true }, (span) => work(span).finally(() => span.end()));
  const waits = () => exporter.getFinishedSpans().filter(({ name }) => name === 'lifeguard.acquire');
  return { pool, clock, stop, inTrace, waits };
}

describe('the trace of a call that waits for a connection', () => {
  it('shows the wait, and links to the trace that was in the way', async () => {
    const { pool, clock, inTrace, waits } = makeTracing();
    let holder: Span | undefined;
    const lease = await inTrace('report', (span) => ((holder = span), pool.acquire()));
    let waiter: Span | undefined;
    const waiting = inTrace('order', async (span) => {
      waiter = span;
      (await pool.acquire()).release();
    });
    await clock.advance(70);
    lease.release();
    await waiting;
    await settle();
    const [span, ...others] = waits();
    expect(others).toEqual([]);
    expect(span?.spanContext().traceId).toBe(waiter?.spanContext().traceId);
    expect(span?.parentSpanContext?.spanId).toBe(waiter?.spanContext().spanId);
    expect(span?.attributes).toEqual({ 'db.client.connection.pool.name': 'orders' });
    expect(span?.links).toMatchObject([
      { context: holder?.spanContext(), attributes: { 'lifeguard.link': 'blocked by' } },
    ]);
    expect(span?.status.code).toBe(SpanStatusCode.UNSET);
    const [seconds = 0, nanos = 0] = span?.duration ?? [];
    expect(Math.round(seconds * 1_000 + nanos / 1e6)).toBe(70);
  });

  it('says that it was for nothing, and why', async () => {
    const { pool, clock, inTrace, waits } = makeTracing();
    await pool.acquire();
    const late = inTrace('order', () => pool.acquire({ timeoutMs: 30 })).catch((error: unknown) => error);
    await clock.advance(30);
    await late;
    await settle();
    expect(waits()).toMatchObject([
      {
        links: [],
        status: { code: SpanStatusCode.ERROR },
        attributes: { 'error.type': 'LG_ACQUIRE_TIMEOUT' },
      },
    ]);
  });

  it('shows nothing where nobody waited long, nothing is sampled, or it was stopped', async () => {
    for (const [options, isSampled] of [
      [{ minWaitMs: 100 }, true],
      [{}, false],
    ] as const) {
      const { pool, clock, stop, inTrace, waits } = makeTracing(options, isSampled);
      const lease = await inTrace('report', () => pool.acquire());
      const waiting = inTrace('order', () => pool.acquire());
      await clock.advance(70);
      lease.release();
      (await waiting).release();
      stop();
      await settle();
      expect(waits()).toEqual([]);
    }
  });

  it('is the exemplar of its wait and hold in metrics as OpenMetrics, until it is stopped', async () => {
    const { pool, clock, stop, inTrace } = makeTracing({ minWaitMs: 1_000 });
    const exemplars = (name: string) =>
      [...readOpenMetrics(prometheusText([pool], { format: 'openmetrics' })).values()]
        .flatMap(({ samples }) => samples)
        .filter((sample) => sample.name === `db_client_connection_${name}_seconds_bucket`)
        .flatMap(({ labels, exemplar }) =>
          exemplar === undefined ? [] : [[labels['le'], exemplar] as const],
        );
    const lease = await inTrace('report', () => pool.acquire());
    let waiter: Span | undefined;
    const waiting = inTrace('order', (span) => ((waiter = span), pool.acquire()));
    await clock.advance(70);
    lease.release();
    (await waiting).release();
    await settle();
    expect(exemplars('wait_time').map(([le]) => le)).toEqual(['0.001', '0.1']);
    const [, { labels, value, at }] = exemplars('wait_time')[1] as ReturnType<typeof exemplars>[number];
    const context = waiter?.spanContext();
    expect({ labels, value }).toEqual({
      labels: { trace_id: context?.traceId, span_id: context?.spanId },
      value: 0.07,
    });
    expect(Math.abs(Date.now() - at * 1_000)).toBeLessThan(60_000);
    expect(exemplars('use_time').map(([le]) => le)).toEqual(['0.001', '0.1']);
    stop();
    expect(exemplars('wait_time')).toEqual([]);
  });

  it('is no exemplar where it is not sampled', async () => {
    const { pool, inTrace } = makeTracing({}, false);
    (await inTrace('report', () => pool.acquire())).release();
    await settle();
    expect(prometheusText([pool], { format: 'openmetrics' })).not.toContain('trace_id');
  });

  it('is not asked for with an option that is none', () => {
    expect(() => traceWaits({ minWaitMs: -1 })).toThrow('a number of milliseconds');
    expect(() => traceWaits({ minWait: 1 } as never)).toThrow('did you mean "minWaitMs"?');
  });
});
