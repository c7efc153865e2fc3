import { acquireWatch, changeWatch } from './acquire-watch.ts';

/** Says under which span of a tracing library the code runs now, if any; whatever it is, it is only handed on. */
export type SpanSource = () => object | undefined;

/** The span under which an acquire was called, and the one that was in its way. */
export interface AcquireSpans {
  readonly span: object;
  /** Where all connections were in use: that of whoever had held one for longest. */
  readonly blockedBy: object | undefined;
}

/**
 * Has each acquire note its span, for whoever observes durations; `undefined` ends that. It is called inside of each call of
 * `acquire`, so it must be quick. Returns the source before.
 */
export function setSpanSource(source: SpanSource | undefined): SpanSource | undefined {
  const former = acquireWatch.spanSource;
  changeWatch({ spanSource: source });
  return former;
}

/** The span of the code that runs now; `undefined` where nobody wants to know, or the source fails. */
export function currentSpan(): object | undefined {
  try {
    return acquireWatch.spanSource?.();
  } catch {
    return undefined;
  }
}
