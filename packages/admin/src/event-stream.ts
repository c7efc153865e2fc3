import type { Clock, Timer } from '@lifeguard/core';
import { ADMIN_EVENTS } from './admin-pool.ts';
import type { AdminEventName, AdminPool } from './admin-pool.ts';
import { eventPayload } from './event-payload.ts';

/** What a stream is made of. */
export interface EventStreamParts {
  readonly clock: Clock;
  readonly heartbeatMs: number;
  readonly pools: () => readonly AdminPool[];
  readonly onEnd: () => void;
}

/** What waits for a slow reader; what comes besides is counted, not kept. */
const MAX_EVENTS = 256;
const MAX_CHARACTERS = 1_000_000;
/** Heartbeats after which a reader that takes nothing is given up: it has gone without a word. */
const PATIENCE = 4;

/** Events of pools for one reader, as server-sent events. */
export class EventStream {
  readonly body: ReadableStream<Uint8Array>;
  readonly #parts: EventStreamParts;
  readonly #waiting: string[] = [];
  readonly #subscriptions = new Map<AdminPool, () => void>();
  readonly #encoder = new TextEncoder();
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #characters = 0;
  #dropped = 0;
  #id = 0;
  #untouched = 0;
  /** Whether the reader wants more than there was. */
  #isWanted = false;
  #ended = false;
  #heartbeat: Timer | undefined;

  constructor(parts: EventStreamParts) {
    this.#parts = parts;
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#pulled(),
        cancel: () => this.end(),
      },
      // All buffering is in this object, where it is counted.
      { highWaterMark: 0 },
    );
  }

  /** Begins, and ends when the signal aborts. */
  start(signal: AbortSignal): void {
    const ended = (): void => this.end();
    signal.addEventListener('abort', ended, { once: true });
    this.#subscriptions.set(NO_POOL, () => signal.removeEventListener('abort', ended));
    // Sent at once, so that the reader knows that it is heard.
    this.#send(': lifeguard\n\n');
    this.#follow();
    this.#beat();
    if (signal.aborted) this.end();
  }

  /** Listens to nobody any more. Ending it twice does nothing. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#heartbeat?.cancel();
    for (const unsubscribe of this.#subscriptions.values()) unsubscribe();
    this.#subscriptions.clear();
    this.#waiting.length = 0;
    try {
      this.#controller?.close();
    } catch {
      // The reader has cancelled it.
    }
    this.#parts.onEnd();
  }

  #pulled(): void {
    this.#untouched = 0;
    const next = this.#next();
    if (next === undefined) this.#isWanted = true;
    else this.#controller?.enqueue(this.#encoder.encode(next));
  }

  #next(): string | undefined {
    const next = this.#waiting.shift();
    if (next !== undefined) {
      this.#characters -= next.length;
      return next;
    }
    if (this.#dropped === 0) return undefined;
    const dropped = this.#dropped;
    this.#dropped = 0;
    return `event: dropped\ndata: ${JSON.stringify({ dropped })}\n\n`;
  }

  #send(text: string): void {
    if (this.#isWanted) {
      this.#isWanted = false;
      this.#controller?.enqueue(this.#encoder.encode(text));
      return;
    }
    // Once something was dropped all is, until the reader was told so: it must know where the gap is.
    const isFull = this.#waiting.length >= MAX_EVENTS || this.#characters + text.length > MAX_CHARACTERS;
    if (isFull || this.#dropped > 0) {
      this.#dropped += 1;
      return;
    }
    this.#waiting.push(text);
    this.#characters += text.length;
  }

  #beat(): void {
    this.#heartbeat = this.#parts.clock.setTimer(this.#parts.heartbeatMs, () => {
      this.#untouched += 1;
      if (!this.#isWanted && this.#untouched >= PATIENCE) return this.end();
      this.#follow();
      if (this.#isWanted) this.#send(': \n\n');
      return this.#beat();
    });
  }

  /** Listens to the pools that there are now, and not to those that are gone. */
  #follow(): void {
    const pools = poolsOrNone(this.#parts.pools);
    if (pools === undefined) return;
    for (const [pool, unsubscribe] of this.#subscriptions) {
      if (pool === NO_POOL || pools.includes(pool)) continue;
      unsubscribe();
      this.#subscriptions.delete(pool);
    }
    for (const pool of pools) {
      if (!this.#subscriptions.has(pool)) this.#subscriptions.set(pool, this.#subscribe(pool));
    }
  }

  #subscribe(pool: AdminPool): () => void {
    const ends = ADMIN_EVENTS.map((event) => {
      const listener = (payload: unknown): void => this.#tell(pool, event, payload);
      const answer = pool.on(event, listener);
      return (): unknown => (typeof answer === 'function' ? answer() : pool.off?.(event, listener));
    });
    return () => {
      for (const end of ends) end();
    };
  }

  #tell(pool: AdminPool, event: AdminEventName, payload: unknown): void {
    // A pool that does not offer `off` may go on telling.
    if (this.#ended) return;
    this.#id += 1;
    const data = this.#describe(pool, event, payload);
    this.#send(`id: ${this.#id}\nevent: ${event}\ndata: ${data}\n\n`);
  }

  #describe(pool: AdminPool, event: AdminEventName, payload: unknown): string {
    const at = new Date(this.#parts.clock.wallTime()).toISOString();
    try {
      return JSON.stringify({ ...eventPayload(event, payload), pool: pool.name, at });
    } catch {
      // Whoever told it must not be hit by what we cannot read.
      return JSON.stringify({ pool: pool.name, at });
    }
  }
}

/** Stands for the signal among the subscriptions. */
const NO_POOL = Object.freeze({}) as AdminPool;

function poolsOrNone(pools: () => readonly AdminPool[]): readonly AdminPool[] | undefined {
  try {
    return pools();
  } catch {
    // Asked by a timer, where nobody could catch it. It goes on with those it knows.
    return undefined;
  }
}
