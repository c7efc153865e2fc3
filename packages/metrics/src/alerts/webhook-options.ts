import { InvalidOptionError } from '@lifeguard/core';
import type { Clock, Logger, Random } from '@lifeguard/core';
import { checkNumber, refuseUnknown } from '../check-options.ts';

/** Where a webhook is, and how it is called. */
export interface WebhookOptions {
  /** `https:` or `http:`, without user and password. It is never shown but for its host: many have a secret in their path. */
  readonly url: string;
  /** Sent along, such as `authorization`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** `json`: the notification with its source; `slack`: a text, as Slack's incoming webhooks and others like them take it. @default 'json' */
  readonly format?: 'json' | 'slack' | undefined;
  /**
   * Signs each request: `x-lifeguard-signature: t=<seconds>,v1=<hex>`, HMAC-SHA256 of `<seconds>.<body>`.
   * @default none: not signed
   */
  readonly secret?: string | undefined;
  /** Who sends it, for people. @default the host's name and the process's id */
  readonly source?: string;
  /** Milliseconds for one attempt. @default 5000 */
  readonly timeoutMs?: number | undefined;
  /** Further attempts after one that failed for a reason that may pass: network, 408, 429, 5xx. @default 3 */
  readonly retries?: number;
  /** Milliseconds before the first of them; each next one waits twice as long, up to 30 s, and half of it by chance. @default 1000 */
  readonly backoffMs?: number;
  /** @default the system's clock */
  readonly clock?: Clock;
  /** @default Math.random */
  readonly random?: Random;
  /** Told when something is not delivered. @default process.emitWarning */
  readonly logger?: Logger;
}

/** All of them, with their defaults, checked. */
export interface ResolvedWebhook {
  readonly url: URL;
  readonly headers: Headers;
  readonly format: 'json' | 'slack';
  readonly secret: string | undefined;
  readonly source: string | undefined;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly backoffMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

const KNOWN = [
  ...['url', 'headers', 'format', 'secret', 'source', 'timeoutMs', 'retries', 'backoffMs'],
  ...['clock', 'random', 'logger'],
];

/** Each is read by its name: of settings, some are getters. Throws `LG_INVALID_OPTION`, without the address. */
export function resolveWebhook(
  options: WebhookOptions,
  owner: { readonly clock: Clock; readonly logger: Logger },
): ResolvedWebhook {
  refuseUnknown(options, KNOWN, 'webhook.');
  const { format = 'json', secret, source } = options;
  if (format !== 'json' && format !== 'slack')
    throw new InvalidOptionError('webhook.format', '"json" or "slack"', format);
  if (secret !== undefined && (typeof secret !== 'string' || secret === ''))
    throw new InvalidOptionError('webhook.secret', 'a text that is not empty', secret, 'something else');
  return {
    url: readUrl(options.url),
    headers: readHeaders(options.headers),
    format,
    secret,
    source,
    timeoutMs: checkNumber('webhook.timeoutMs', options.timeoutMs ?? 5_000, 10, 60_000),
    retries: checkNumber('webhook.retries', options.retries ?? 3, 0, 10),
    backoffMs: checkNumber('webhook.backoffMs', options.backoffMs ?? 1_000, 0, 30_000),
    clock: options.clock ?? owner.clock,
    random: options.random ?? { next: () => Math.random() },
    logger: options.logger ?? owner.logger,
  };
}

/** For people: where it is, without what may be secret. */
export function shownUrl({ protocol, host }: URL): string {
  return `${protocol}//${host}/***`;
}

function readUrl(text: string): URL {
  const refuse = (got: string) =>
    new InvalidOptionError('webhook.url', 'an address such as https://hooks.example.com/alerts', text, got);
  if (typeof text !== 'string') throw refuse(`a value of type ${typeof text}`);
  const url = URL.parse(text);
  if (url === null) throw refuse('one that cannot be read');
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw refuse(`one that begins with ${url.protocol}`);
  if (url.username !== '' || url.password !== '')
    throw refuse('one with a user or password in it; pass them as headers: { authorization }');
  return url;
}

function readHeaders(headers: Readonly<Record<string, string>> = {}): Headers {
  try {
    return new Headers(headers);
  } catch {
    // What it says has the value in it.
    throw new InvalidOptionError(
      'webhook.headers',
      'names and values as HTTP allows them',
      headers,
      'others',
    );
  }
}
