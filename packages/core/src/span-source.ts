/** Says under which span of a tracing library the code runs now, if any; whatever it is, it is only handed on. */
export type SpanSource = () => object | undefined;

/** The span under which an acquire was called, and the one that was in its way. */
export interface AcquireSpans {
  readonly span: object;
  /** Where all connections were in use: that of whoever had held one for longest. */
  readonly blockedBy: object | undefined;
}

/** Under a global symbol, so that two copies of this package ask one source; looked up once, since each acquire asks it. */
const KEY = Symbol.for('@lifeguard/span-source');
const shared = globalThis as { [KEY]?: { source: SpanSource | undefined } };
const current = (shared[KEY] ??= { source: undefined });

/**
 * Has each acquire note its span, for whoever observes durations; `undefined` ends that. It is called inside of each call of
 * `acquire`, so it must be quick. Returns the source before.
 */
export function setSpanSource(source: SpanSource | undefined): SpanSource | undefined {
  const former = current.source;
  current.source = source;
  return former;
}

/** The span of the code that runs now; `undefined` where nobody wants to know, or the source fails. */
export function currentSpan(): object | undefined {
  if (current.source === undefined) return undefined;
  try {
    return current.source();
  } catch {
    return undefined;
  }
}
