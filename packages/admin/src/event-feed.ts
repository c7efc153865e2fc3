import { refusal, SAFE_HEADERS } from './answer.ts';
import type { ResolvedAdminOptions } from './admin-options.ts';
import type { AdminPool } from './admin-pool.ts';
import { EventStream } from './event-stream.ts';

/** The readers of `GET /v1/events`: a few at a time, each with a buffer of its own. */
export class EventFeed {
  readonly #options: ResolvedAdminOptions;
  readonly #streams = new Set<EventStream>();

  constructor(options: ResolvedAdminOptions) {
    this.#options = options;
  }

  /** How many read. */
  get readers(): number {
    return this.#streams.size;
  }

  /** Begins to tell events of `pools`, asked for again at each heartbeat, until the request is aborted. Refuses with 503. */
  open(request: Request, pools: () => readonly AdminPool[]): Response {
    const { maxEventStreams, clock, heartbeatMs } = this.#options;
    if (this.#streams.size >= maxEventStreams)
      throw refusal(
        503,
        'too-many-readers',
        `${maxEventStreams} readers of events are there already`,
        'end one of them',
        {
          'retry-after': '5',
        },
      );
    const stream: EventStream = new EventStream({
      clock,
      heartbeatMs,
      pools,
      onEnd: () => this.#streams.delete(stream),
    });
    this.#streams.add(stream);
    stream.start(request.signal);
    return new Response(stream.body, {
      headers: { 'content-type': 'text/event-stream; charset=utf-8', ...SAFE_HEADERS },
    });
  }

  /** Ends all of them. */
  close(): void {
    for (const stream of this.#streams) stream.end();
  }
}
