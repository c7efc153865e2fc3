import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

const READY_LIMIT_MS = 15_000;

type Row = Readonly<Record<string, unknown>>;

/** A superuser beside the application; connects anew when the server was away. */
export class Observer implements AsyncDisposable {
  readonly #url: string;
  /** The client of the promise below. */
  #current: pg.Client | undefined;
  #client: Promise<pg.Client> | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  /** Rejects while the server is away. */
  async sql(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    this.#client ??= this.#connect();
    const client = await this.#client;
    return (await client.query<Row>(text, [...values])).rows;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const client = await this.#client?.catch(() => undefined);
    this.#client = undefined;
    await client?.end().catch(() => undefined);
  }

  /** Resolves when the server answers (again). */
  async ready(): Promise<void> {
    let last: unknown;
    for (const giveUpAt = Date.now() + READY_LIMIT_MS; Date.now() < giveUpAt; await delay(5)) {
      try {
        await this.sql('select 1');
        return;
      } catch (error) {
        last = error;
      }
    }
    throw new Error(`the server was not ready within ${READY_LIMIT_MS} ms`, { cause: last });
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.#url });
    const forget = (): void => {
      if (this.#current !== client) return;
      this.#current = undefined;
      this.#client = undefined;
    };
    this.#current = client;
    client.on('error', forget);
    client.on('end', forget);
    try {
      await client.connect();
      return client;
    } catch (error) {
      forget();
      throw error;
    }
  }
}
