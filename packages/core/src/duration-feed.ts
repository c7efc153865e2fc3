import { EventHub } from './events.ts';
import type { ListenerFailure } from './events.ts';
import type { AcquireSpans } from './span-source.ts';

/** Which of a pool's histograms counts a duration: how long a caller waited, a lease was held, a connect took. */
export type DurationKind = 'wait' | 'use' | 'create';

/** One duration that a pool has counted. */
export interface MeasuredDuration {
  readonly of: DurationKind;
  readonly ms: number;
  /** How the acquire was traced that waited, or held; where that is noted, see `setSpanSource`. */
  readonly spans: AcquireSpans | undefined;
  /** Of a wait that ended without a connection. */
  readonly error: Error | undefined;
}

/** Told of the durations of one turn together, in their order. */
export type DurationListener = (durations: readonly MeasuredDuration[]) => void;

/**
 * Tells whoever keeps histograms elsewhere of each duration that the pool's own histograms count. Many are counted in the middle
 * of a change of state, so they are told right after it, where a listener may do what it likes. While nobody listens nothing is
 * kept.
 */
export class DurationFeed {
  readonly #hub: EventHub<{ durations: readonly MeasuredDuration[] }>;
  /** Whether anybody listens; to be asked first on the way that every acquire takes. */
  isHeard = false;
  #untold: MeasuredDuration[] = [];

  constructor(onFailure: ListenerFailure) {
    this.#hub = new EventHub(onFailure);
  }

  /** Adds a listener; call what it returns to remove it. */
  on(listener: DurationListener): () => void {
    const remove = this.#hub.on('durations', listener);
    this.isHeard = true;
    return () => {
      remove();
      this.isHeard = this.#hub.has('durations');
    };
  }

  note(of: DurationKind, ms: number, spans?: AcquireSpans, error?: Error): void {
    if (!this.isHeard) return;
    const measured = Object.freeze({ of, ms: Math.max(0, ms), spans, error });
    if (this.#untold.push(measured) === 1) queueMicrotask(() => this.#tell());
  }

  #tell(): void {
    const durations = Object.freeze(this.#untold);
    this.#untold = [];
    this.#hub.emit('durations', durations);
  }
}
