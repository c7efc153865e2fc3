import { inspect } from 'node:util';
import type { InspectOptions } from 'node:util';
import type { PoolOptions } from '@lifeguard/core';
import { redactUrl } from './postgres-url.ts';

/** What a settings file says, complete and checked; frozen. */
export interface Settings {
  readonly database: DatabaseSettings;
  /**
   * Where each value came from, by dotted key: `settings.yaml:5:16`, `settings.yaml:5:16 (env POOL_SIZE)`,
   * `env DATABASE_URL` or `default`.
   */
  readonly origins: Readonly<Record<string, string>>;
}

/** Printed as text or JSON it shows the URL without its password. */
export class DatabaseSettings {
  /** Options for `new Pool(connector, options)`: those that the file sets. The pool has defaults for the others. */
  readonly pool: PoolOptions;
  readonly #url: string | undefined;

  constructor(url: string | undefined, pool: PoolOptions) {
    this.#url = url;
    this.pool = pool;
    Object.freeze(this);
  }

  /** With its password; `undefined` when neither the file nor `DATABASE_URL` says it. A spread copy has no `url`. */
  get url(): string | undefined {
    return this.#url;
  }

  /** As it may be shown. */
  toJSON(): { readonly url: string | undefined; readonly pool: PoolOptions } {
    return { url: this.#url === undefined ? undefined : redactUrl(this.#url), pool: this.pool };
  }
}

// Not a method of the class: its declaration could not name this symbol.
Object.defineProperty(DatabaseSettings.prototype, inspect.custom, {
  value(this: DatabaseSettings, _depth: number, options: InspectOptions): string {
    return `DatabaseSettings ${inspect(this.toJSON(), options)}`;
  },
});
