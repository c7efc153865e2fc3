import process from 'node:process';
import { describeFailure } from '@lifeguard/core/adapter';
import type { PoolSnapshot } from '@lifeguard/core';
import { ADMIN_ACTIONS, actionOf } from './admin-action.ts';
import type { ResolvedAdminOptions } from './admin-options.ts';
import { ADMIN_EVENTS, listPools } from './admin-pool.ts';
import type { AdminPool } from './admin-pool.ts';
import { MAX_ANSWER, json, refusal, text } from './answer.ts';
import type { AuditRing } from './audit-ring.ts';
import { choosePools, poolInQuery } from './choose-pools.ts';
import type { EventFeed } from './event-feed.ts';
import { healthOf } from './health.ts';
import { ADMIN_VERSION } from './version.ts';
import { within } from './within.ts';

/** How long the diagnosis of a pool is waited for, in milliseconds. */
const DIAGNOSIS_MS = 5_000;

type Route = (request: Request, query: URLSearchParams) => Response | Promise<Response>;

/** Answers what only looks. */
export class Reader {
  readonly #options: ResolvedAdminOptions;
  readonly #audit: AuditRing;
  readonly #feed: EventFeed;
  /** A map and not an object: `/constructor` is no route. */
  readonly #routes: ReadonlyMap<string, Route> = new Map<string, Route>([
    ['/v1', () => this.#index()],
    ['/v1/snapshot', (_, query) => this.#snapshots(query)],
    ['/v1/diagnosis', (_, query) => this.#diagnoses(query)],
    ['/v1/leaks', (_, query) => this.#leaks(query)],
    ['/v1/health', (_, query) => this.#health(query)],
    ['/v1/metrics', (request) => this.#metrics(request)],
    ['/v1/events', (request, query) => this.#events(request, query)],
    ['/v1/audit', () => json({ entries: this.#audit.entries() })],
  ]);

  constructor(options: ResolvedAdminOptions, audit: AuditRing, feed: EventFeed) {
    this.#options = options;
    this.#audit = audit;
    this.#feed = feed;
  }

  /** Answers a request for `path`; throws or rejects with a refusal. */
  async answer(request: Request, path: string, query: URLSearchParams): Promise<Response> {
    const route = this.#routes.get(path);
    if (route === undefined)
      throw refusal(404, 'no-such-route', 'there is no such route', `ask for ${this.#options.prefix}/v1`);
    if (request.method !== 'GET')
      throw refusal(405, 'method-not-allowed', 'this route only answers GET', 'send a GET', { allow: 'GET' });
    poolInQuery(query);
    return route(request, query);
  }

  /** What there is. */
  #index(): Response {
    const { name, prefix, allow, metrics, transport } = this.#options;
    const pools = listPools(this.#options.pools);
    return json({
      schemaVersion: 1,
      name,
      pid: process.pid,
      versions: { admin: ADMIN_VERSION, node: process.versions.node },
      transport,
      routes: [...this.#routes.keys()].map((route) => prefix + route),
      capabilities: { metrics: metrics !== false, events: ADMIN_EVENTS, allow },
      pools: pools.map((pool) => ({
        name: pool.name,
        diagnosis: pool.diagnostics !== undefined,
        actions: ADMIN_ACTIONS.filter((action) => actionOf(pool, action) !== undefined),
      })),
    });
  }

  #snapshots(query: URLSearchParams): Response {
    return this.#list(query, (pool) => pool.snapshot());
  }

  async #diagnoses(query: URLSearchParams): Promise<Response> {
    const pools = choosePools(this.#options.pools, query);
    if (!pools.some((pool) => pool.diagnostics !== undefined))
      throw refusal(501, 'not-offered', 'no pool offers a diagnosis', 'ask for /v1/snapshot or /v1/leaks');
    const found = await Promise.all(pools.map(async (pool) => [pool, await this.#diagnose(pool)] as const));
    const diagnoses = new Map<AdminPool, object>(found);
    return this.#list(query, (pool) => diagnoses.get(pool) ?? NOT_OFFERED);
  }

  /** One pool's diagnosis that fails must not hide those of the others. */
  async #diagnose(pool: AdminPool): Promise<object> {
    if (pool.diagnostics === undefined) return { name: pool.name, ...NOT_OFFERED };
    try {
      return await within(this.#options.clock, DIAGNOSIS_MS, async () => pool.diagnostics?.() ?? NOT_OFFERED);
    } catch (error) {
      return { name: pool.name, unavailable: describeFailure(error) };
    }
  }

  #leaks(query: URLSearchParams): Response {
    return this.#list(query, (pool) => leaksOf(pool.snapshot()));
  }

  #health(query: URLSearchParams): Response {
    const snapshots = choosePools(this.#options.pools, query).map((pool) => pool.snapshot());
    const health = healthOf(snapshots);
    return json(health, health.status === 'unavailable' ? 503 : 200);
  }

  #metrics(request: Request): Response {
    const { metrics } = this.#options;
    if (metrics === false)
      throw refusal(404, 'no-metrics', 'metrics are turned off here', 'leave out the option "metrics"');
    const { body, contentType } = metrics(request.headers.get('accept'));
    return text(body, contentType, 200, { vary: 'accept' });
  }

  #events(request: Request, query: URLSearchParams): Response {
    choosePools(this.#options.pools, query);
    const name = query.get('pool');
    // Asked again later, when the pool of that name may be another one, or none.
    return this.#feed.open(request, () =>
      listPools(this.#options.pools).filter((pool) => name === null || pool.name === name),
    );
  }

  /** What `view` says of each pool, as long as all of it fits; the names of the others are under `omitted`. */
  #list(query: URLSearchParams, view: (pool: AdminPool) => object): Response {
    const shown: string[] = [];
    const omitted: string[] = [];
    const pools = choosePools(this.#options.pools, query);
    let left = MAX_ANSWER - 100_000;
    for (const pool of pools) {
      const each = JSON.stringify(view(pool));
      if (each.length > left) {
        omitted.push(pool.name);
        continue;
      }
      left -= each.length;
      shown.push(each);
    }
    if (pools.length > 0 && shown.length === 0)
      throw refusal(
        500,
        'too-large',
        `what there is to say is longer than ${MAX_ANSWER} characters`,
        'ask for /v1/health',
      );
    return text(
      `{"schemaVersion":1,"pools":[${shown.join(',')}],"omitted":${JSON.stringify(omitted)}}`,
      'application/json; charset=utf-8',
    );
  }
}

const NOT_OFFERED = Object.freeze({ unavailable: 'this pool does not offer a diagnosis' });

function leaksOf({ name, at, leases, reports, counters }: PoolSnapshot): object {
  const { leaksReported, returnedLate, reclaimed } = counters;
  return {
    name,
    at,
    suspected: leases.filter((lease) => lease.suspected),
    reports,
    counters: { leaksReported, returnedLate, reclaimed },
  };
}
