import { AdminError } from './admin-error.ts';
import { askAdmin, openAdmin } from './http-client.ts';
import type { AdminAddress } from './http-client.ts';
import { readServerSentEvents } from './server-sent-events.ts';
import type { AdminMessage } from './server-sent-events.ts';

/** An application that answers. */
export interface AdminApplication {
  /** Of its socket or pipe. */
  readonly path: string;
  readonly pid: number;
  readonly name: string;
  readonly pools: readonly string[];
}

/** How events are read. */
export interface EventsOptions {
  /** Of one pool. @default all */
  readonly pool?: string;
  /** Ends it. */
  readonly signal?: AbortSignal;
}

/** How a question is asked. */
export interface AskOptions {
  /** Ends it before the answer came; then it rejects with the reason `no-answer`. */
  readonly signal?: AbortSignal;
}

/** Asks one application. Each question is a connection of its own, so nothing has to be closed. */
export class AdminClient {
  readonly application: AdminApplication;
  readonly #address: AdminAddress;

  constructor(application: AdminApplication, address: AdminAddress) {
    this.application = application;
    this.#address = address;
  }

  /**
   * The answer to `GET path`, such as `/v1/snapshot?pool=main`: JSON as data, anything else as text. Rejects with
   * `LG_UNSUPPORTED`: see `reason`, and for a refusal `problem`.
   */
  get(path: string, { signal }: AskOptions = {}): Promise<unknown> {
    return askAdmin(this.#address, 'GET', path, { signal });
  }

  /** The answer to `POST path`, such as `/v1/pools/main/evict`. Rejects as {@link AdminClient.get} does. */
  post(
    path: string,
    body: Readonly<Record<string, unknown>> = {},
    { signal }: AskOptions = {},
  ): Promise<unknown> {
    return askAdmin(this.#address, 'POST', path, { body, signal });
  }

  /** What happens from now on, until the loop is left, the signal aborts or the application ends. Rejects as {@link AdminClient.get} does. */
  async *events({ pool, signal }: EventsOptions = {}): AsyncGenerator<AdminMessage, void, undefined> {
    const query = pool === undefined ? '' : `?pool=${encodeURIComponent(pool)}`;
    if (signal?.aborted === true) return;
    const response = await openAdmin(this.#address, `/v1/events${query}`, signal);
    try {
      yield* readServerSentEvents(response);
    } catch (error) {
      // A connection that breaks off is how an application ends that was killed.
      if (error instanceof AdminError) throw error;
    } finally {
      response.destroy();
    }
  }
}
