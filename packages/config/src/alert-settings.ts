import { inspect } from 'node:util';
import type { InspectOptions } from 'node:util';

/** The rules that a settings file may change; those of `@lifeguard/metrics/alerts`, on which this package does not depend. */
export type AlertRuleName =
  | 'saturated'
  | 'acquire-timeouts'
  | 'connect-failures'
  | 'usage-high'
  | 'wait-high'
  | 'leaks'
  | 'orphans';

/** What the file says of a rule; `false`: it is switched off. */
export type AlertRuleSettings = { readonly above?: number; readonly forMs?: number } | false;

/** Options for `watchAlerts(options)` of `@lifeguard/metrics/alerts`: those that the file sets. Frozen. */
export interface AlertSettings {
  readonly enabled?: boolean;
  readonly intervalMs?: number;
  readonly quietMs?: number;
  readonly remindMs?: number;
  readonly maxPerMinute?: number;
  readonly rules?: Readonly<Partial<Record<AlertRuleName, AlertRuleSettings>>>;
  readonly webhook?: WebhookSettings;
}

/** What {@link WebhookSettings} is made of. */
interface WebhookParts {
  readonly url: string;
  readonly secret?: string;
  readonly format?: 'json' | 'slack';
  readonly timeoutMs?: number;
}

/** Printed as text or JSON it shows the host alone: the rest of the address, and the secret, are for who asks for them. */
export class WebhookSettings {
  readonly format: 'json' | 'slack' | undefined;
  readonly timeoutMs: number | undefined;
  readonly #url: string;
  readonly #secret: string | undefined;

  constructor({ url, secret, format, timeoutMs }: WebhookParts) {
    this.#url = url;
    this.#secret = secret;
    this.format = format;
    this.timeoutMs = timeoutMs;
    Object.freeze(this);
  }

  /** The whole address. A spread copy has none. */
  get url(): string {
    return this.#url;
  }

  /** With which requests are signed; `undefined`: they are not. */
  get secret(): string | undefined {
    return this.#secret;
  }

  /** As it may be shown. */
  toJSON(): Pick<WebhookSettings, 'url' | 'format' | 'timeoutMs'> {
    const { protocol, host } = new URL(this.#url);
    return { url: `${protocol}//${host}/***`, format: this.format, timeoutMs: this.timeoutMs };
  }
}

// Not a method of the class: its declaration could not name this symbol.
Object.defineProperty(WebhookSettings.prototype, inspect.custom, {
  value(this: WebhookSettings, _depth: number, options: InspectOptions): string {
    return `WebhookSettings ${inspect(this.toJSON(), options)}`;
  },
});
