import { inspect } from 'node:util';
import type { InspectOptions } from 'node:util';
import type { PoolOptions } from '@lifeguard/core';
import type { AlertSettings } from './alert-settings.ts';
import { redactUrl } from './postgres-url.ts';

/** What a settings file says, complete and checked; frozen. */
export interface Settings {
  readonly database: DatabaseSettings;
  readonly alerts: AlertSettings;
  /**
   * Where each value came from, by dotted key: `settings.yaml:5:16`, `settings.yaml:5:16 (env POOL_SIZE)`,
   * `env DATABASE_URL` or `default`.
   */
  readonly origins: Readonly<Record<string, string>>;
}

/**
 * What a pool may be given. The last four are for PostgreSQL only, and so not the core's: see `LifeguardPoolOptions` of
 * `@lifeguard/pg`, on which this package does not depend.
 */
export interface DatabasePoolOptions extends PoolOptions {
  readonly serverLimits?: boolean;
  readonly connectionCheckMs?: number;
  readonly tagApplicationName?: boolean;
  readonly sessionState?: 'keep' | 'replace';
  readonly pooler?: 'auto' | 'transaction' | 'none';
}

/** Printed as text or JSON it shows the URL without its password. */
export class DatabaseSettings {
  /** Options for `new LifeguardPool(options)`: those that the file sets. The pool has defaults for the others. */
  readonly pool: DatabasePoolOptions;
  readonly #url: string | undefined;

  constructor(url: string | undefined, pool: DatabasePoolOptions) {
    this.#url = url;
    this.pool = pool;
    Object.freeze(this);
  }

  /** With its password; `undefined` when neither the file nor `DATABASE_URL` says it. A spread copy has no `url`. */
  get url(): string | undefined {
    return this.#url;
  }

  /** As it may be shown. */
  toJSON(): { readonly url: string | undefined; readonly pool: DatabasePoolOptions } {
    return { url: this.#url === undefined ? undefined : redactUrl(this.#url), pool: this.pool };
  }
}

// Not a method of the class: its declaration could not name this symbol.
Object.defineProperty(DatabaseSettings.prototype, inspect.custom, {
  value(this: DatabaseSettings, _depth: number, options: InspectOptions): string {
    return `DatabaseSettings ${inspect(this.toJSON(), options)}`;
  },
});
