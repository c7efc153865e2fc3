import { ROOT_CONTEXT, SpanStatusCode, TraceFlags, isSpanContextValid, trace } from '@opentelemetry/api';
import type { Link, Span, Tracer, TracerProvider } from '@opentelemetry/api';
import { InvalidOptionError, isLifeguardError } from '@lifeguard/core';
import { setSpanSource } from '@lifeguard/core/adapter';
import type { MeasuredDuration } from '@lifeguard/core';
import type { AcquireSpans } from '@lifeguard/core/adapter';
import { checkPools, refuseUnknown } from '../check-options.ts';
import { ExemplarKeeper } from '../exemplars.ts';
import type { Exemplar } from '../exemplars.ts';
import { POOL_NAME } from '../instrument.ts';
import type { MetricsPools } from '../metrics-pool.ts';
import { PoolDurations } from '../pool-durations.ts';
import { METRICS_VERSION } from '../version.ts';

/** Which waits become spans, and where. */
export interface TraceWaitsOptions {
  /** @default the global one, as `@opentelemetry/api` has it when `traceWaits` is called */
  readonly tracerProvider?: TracerProvider;
  /** @default all pools of this process, also those that are made later; at most 100 */
  readonly pools?: MetricsPools;
  /**
   * Milliseconds; shorter waits are no spans.
   * @default 1 — what is granted in the same turn is no wait
   */
  readonly minWaitMs?: number;
}

/** Why a link is there. */
const BLOCKED_BY = Object.freeze({ 'lifeguard.link': 'blocked by' });

/**
 * Shows where a trace waited for a connection: a span `lifeguard.acquire` below the one that called, with a link to the span
 * of whoever had held a connection for longest when all of them were in use. Call what it returns to stop. Only what is sampled is
 * shown; a wait outside of any span is not.
 *
 * From then on each acquire notes its span, which `otelMetrics` gives to the SDK along with the duration, for exemplars; and
 * metrics that are scraped as OpenMetrics have the latest one of each bucket. Throws `LG_INVALID_OPTION`.
 *
 * @example
 * const stop = traceWaits({ minWaitMs: 5 });
 */
export function traceWaits(options: TraceWaitsOptions = {}): () => void {
  refuseUnknown(options, ['tracerProvider', 'pools', 'minWaitMs']);
  const { pools, minWaitMs = 1 } = options;
  checkPools(pools);
  if (typeof minWaitMs !== 'number' || !(minWaitMs >= 0))
    throw new InvalidOptionError('minWaitMs', 'a number of milliseconds', minWaitMs);
  const tracer = (options.tracerProvider ?? trace).getTracer('@lifeguard/metrics', METRICS_VERSION);
  const former = setSpanSource(sampledSpan);
  const keeper = new ExemplarKeeper();
  const durations = new PoolDurations(pools, (measured, label, pool) => {
    for (const each of measured) {
      if (isWait(each, minWaitMs)) show(tracer, each, label);
      const exemplar = exemplarOf(each);
      if (exemplar !== undefined) keeper.keep(pool, each.of, exemplar);
    }
  });
  return () => {
    durations.stop();
    keeper.stop();
    setSpanSource(former);
  };
}

type Wait = MeasuredDuration & { readonly spans: AcquireSpans };

function isWait(duration: MeasuredDuration, minWaitMs: number): duration is Wait {
  return duration.of === 'wait' && duration.ms >= minWaitMs && duration.spans !== undefined;
}

function sampledSpan(): Span | undefined {
  const span = trace.getActiveSpan();
  return span?.isRecording() === true ? span : undefined;
}

/** A trace that is not sampled cannot be looked at. */
function exemplarOf({ ms, spans }: MeasuredDuration): Exemplar | undefined {
  const context = (spans?.span as Span | undefined)?.spanContext();
  if (context === undefined || !isSpanContextValid(context)) return undefined;
  if ((context.traceFlags & TraceFlags.SAMPLED) === 0) return undefined;
  return { traceId: context.traceId, spanId: context.spanId, ms, at: Date.now() };
}

/** It is over already: the duration is told in the turn in which it ended. */
function show(tracer: Tracer, { ms, spans, error }: Wait, label: string): void {
  const endTime = Date.now();
  const links: Link[] =
    spans.blockedBy === undefined
      ? []
      : [{ context: (spans.blockedBy as Span).spanContext(), attributes: BLOCKED_BY }];
  const span = tracer.startSpan(
    'lifeguard.acquire',
    { startTime: endTime - ms, attributes: { [POOL_NAME]: label }, links },
    trace.setSpan(ROOT_CONTEXT, spans.span as Span),
  );
  if (error !== undefined) {
    span.setStatus({ code: SpanStatusCode.ERROR });
    span.setAttribute('error.type', isLifeguardError(error) ? error.code : error.name);
  }
  span.end(endTime);
}
