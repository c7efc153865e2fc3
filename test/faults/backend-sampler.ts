import { Observer } from './observer.ts';

/** The issue asks for a look at the server every 5 ms. */
const INTERVAL_MS = 5;

/**
 * Counts the backends of one database, all the time. What only one look saw is not counted: the server's list is read entry by entry,
 * so that one look may see a backend that goes, and the one that comes in its place.
 */
export class BackendSampler implements AsyncDisposable {
  max = 0;
  #last = 0;
  samples = 0;
  readonly #observer: Observer;
  readonly #database: string;
  readonly #timer: NodeJS.Timeout;
  #isLooking = false;

  constructor(adminUrl: string, database: string) {
    this.#observer = new Observer(adminUrl);
    this.#database = database;
    this.#timer = setInterval(() => void this.#look(), INTERVAL_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#observer[Symbol.asyncDispose]();
  }

  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      const [row] = await this.#observer.sql(COUNT, [this.#database]);
      const count = Number(row?.['count']);
      this.max = Math.max(this.max, Math.min(count, this.#last));
      this.#last = count;
      this.samples += 1;
    } catch {
      // A server that is away has no backends.
    } finally {
      this.#isLooking = false;
    }
  }
}

const COUNT = `select count(*)::int as count from pg_stat_activity
  where datname = $1 and backend_type = 'client backend'`;
