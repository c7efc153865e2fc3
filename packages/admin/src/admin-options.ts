import { InvalidOptionError, systemClock } from '@lifeguard/core';
import { closest } from '@lifeguard/core/adapter';
import type { Clock } from '@lifeguard/core';
import { PROMETHEUS_CONTENT_TYPE, answerScrape } from '@lifeguard/metrics';
import type { ScrapeAnswer } from '@lifeguard/metrics';
import { ADMIN_ACTIONS, isAdminAction } from './admin-action.ts';
import type { AdminAction } from './admin-action.ts';
import type { AdminPools } from './admin-pool.ts';
import type { AuditEntry } from './audit-ring.ts';

/** How requests come in: by a socket in a private directory, or by a route of the application's own server. */
export type AdminTransport = 'mounted' | 'socket';

/** What a handler shows, to whom, and what it lets them do. */
export interface AdminOptions {
  readonly pools: AdminPools;
  /** Name of the application, where somebody looks at several. @default 'app' */
  readonly name?: string;
  /** What the routes begin with, such as `/lifeguard`. @default '' — the routes begin with /v1 */
  readonly prefix?: string;
  /** Actions that may be taken. @default [] — who may look may not act */
  readonly allow?: readonly AdminAction[];
  /**
   * The text of `GET /v1/metrics`, in the format of Prometheus; with `false` that route answers 404.
   * @default `answerScrape(accept, pools)` of `@lifeguard/metrics`: OpenMetrics for whoever asks for that
   */
  readonly metrics?: (() => string) | false;
  /** Told of each action that was taken or refused. What it throws is ignored. */
  readonly log?: (entry: AuditEntry) => void;
  /**
   * `socket` needs no token: only for what nobody else can reach, as the socket that `serveAdmin` makes.
   * @default 'mounted' — since a route can be reached by strangers
   */
  readonly transport?: AdminTransport;
  /**
   * What must come as `Authorization: Bearer …`, at least 16 characters; needed by `mounted` unless there is `authorize`. Never
   * read from the URL or a cookie.
   */
  readonly token?: string;
  /** Decides in place of a token, or besides it. What it throws counts as no. */
  readonly authorize?: (request: Request) => boolean | Promise<boolean>;
  /**
   * Names that a `Host` header may have, exactly: `app.internal` with any port, `app.internal:8443` with that one. Anything else
   * is answered with 421: a page of a stranger may have pointed its own name at this address.
   * @default localhost, 127.0.0.1 and [::1]
   */
  readonly hosts?: readonly string[];
  /** Milliseconds between two signs of life of `GET /v1/events`. @default 15000 — proxies give up after a minute or less */
  readonly heartbeatMs?: number;
  /** Readers of `GET /v1/events` at the same time. @default 4 */
  readonly maxEventStreams?: number;
  /** @default the system's clock */
  readonly clock?: Clock;
}

/** Options after they were checked; frozen, and trusted. */
export type ResolvedAdminOptions = Readonly<
  Required<Omit<AdminOptions, 'metrics' | 'log' | 'token' | 'authorize'>> &
    Pick<AdminOptions, 'log' | 'token' | 'authorize'> & {
      /** Given the `Accept` of a request. */
      readonly metrics: ((accept: string | null) => ScrapeAnswer) | false;
    }
>;

const LEAST_TOKEN = 16;
const KNOWN: readonly (keyof AdminOptions)[] = [
  'pools',
  'name',
  'prefix',
  'allow',
  'metrics',
  'log',
  'transport',
  'token',
  'authorize',
  'hosts',
  'heartbeatMs',
  'maxEventStreams',
  'clock',
];
const LOOPBACK: readonly string[] = Object.freeze(['localhost', '127.0.0.1', '[::1]']);

/** Checks options once, at the edge. Throws `LG_INVALID_OPTION`. */
export function resolveAdminOptions(options: AdminOptions): ResolvedAdminOptions {
  refuseUnknown(options, KNOWN);
  const { pools, log, token, authorize } = options;
  if (typeof pools !== 'function' && typeof Reflect.get(Object(pools), Symbol.iterator) !== 'function')
    throw new InvalidOptionError('pools', 'a list of pools, or a function that returns one', pools);
  const transport = options.transport ?? 'mounted';
  check('transport', transport, transport === 'mounted' || transport === 'socket', '"mounted" or "socket"');
  checkAccess(transport, options);
  for (const [option, value] of Object.entries({ log, authorize }))
    check(option, value, value === undefined || typeof value === 'function', 'a function');
  return Object.freeze({
    pools,
    metrics: checkMetrics(options),
    transport,
    name: checkText(
      'name',
      options.name ?? 'app',
      /^[^\p{C}\p{Zl}\p{Zp}]{1,100}$/u,
      'a text of 1 to 100 characters',
    ),
    prefix: checkText('prefix', options.prefix ?? '', /^(?:\/[\w.~-]+)*$/, 'a path such as /lifeguard'),
    allow: Object.freeze((options.allow ?? []).map(checkAction)),
    hosts: Object.freeze((options.hosts ?? LOOPBACK).map(checkHost)),
    heartbeatMs: checkNumber('heartbeatMs', options.heartbeatMs ?? 15_000, 3_600_000),
    maxEventStreams: checkNumber('maxEventStreams', options.maxEventStreams ?? 4, 100),
    clock: options.clock ?? systemClock,
    ...(log === undefined ? {} : { log }),
    ...(token === undefined ? {} : { token }),
    ...(authorize === undefined ? {} : { authorize }),
  });
}

/** Throws for a key that is no option: a misspelt `token` must not open a door. */
export function refuseUnknown(options: object, known: readonly string[]): void {
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    const near = closest(key, known);
    const hint = near === undefined ? '' : `, did you mean "${near}"?`;
    throw new InvalidOptionError(key, `left out: there is no such option${hint}`, undefined, 'a value');
  }
}

function checkAccess(transport: AdminTransport, { token, authorize }: AdminOptions): void {
  if (token !== undefined && (typeof token !== 'string' || !/^[\x21-\x7e]{1,1000}$/.test(token)))
    throw new InvalidOptionError('token', 'a text without blanks', token, 'something else');
  if (token !== undefined && token.length < LEAST_TOKEN)
    throw new InvalidOptionError('token', `at least ${LEAST_TOKEN} characters`, token, `${token.length}`);
  if (transport === 'mounted' && token === undefined && authorize === undefined)
    throw new InvalidOptionError(
      'token',
      'given, or "authorize", where strangers can reach the route',
      undefined,
    );
}

function checkMetrics({ metrics, pools }: AdminOptions): ResolvedAdminOptions['metrics'] {
  if (metrics === undefined) return (accept) => answerScrape(accept, pools);
  check('metrics', metrics, metrics === false || typeof metrics === 'function', 'a function, or false');
  return metrics && (() => ({ contentType: PROMETHEUS_CONTENT_TYPE, body: metrics() }));
}

function checkAction(action: unknown): AdminAction {
  const known = ADMIN_ACTIONS.map((each) => `"${each}"`).join(', ');
  if (typeof action !== 'string' || !isAdminAction(action))
    throw new InvalidOptionError('allow', `a list of ${known}`, action);
  return action;
}

function checkHost(host: unknown): string {
  const text = checkText(
    'hosts',
    host,
    /^(?:\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?$/i,
    'names such as app.internal',
  );
  return text.toLowerCase();
}

function checkText(option: string, value: unknown, pattern: RegExp, expected: string): string {
  if (typeof value !== 'string' || !pattern.test(value))
    throw new InvalidOptionError(option, expected, value);
  return value;
}

function checkNumber(option: string, value: unknown, most: number): number {
  if (typeof value !== 'number' || !(value >= 1 && value <= most))
    throw new InvalidOptionError(option, `a number from 1 to ${most}`, value);
  return value;
}

function check(option: string, value: unknown, isValid: boolean, expected: string): void {
  if (!isValid) throw new InvalidOptionError(option, expected, value);
}
