import { type Random } from '@lifeguard/core';
import { seededRandom } from '@lifeguard/core/adapter';

/** `leak` and `nested` call the planted mistakes, and are not counted among the requests that are served or fail. */
export type RequestKind = 'ordinary' | 'leak' | 'nested';

/** One request, at a fixed moment: an open loop, so that a slow service does not slow its clients down. */
export interface PlannedRequest {
  readonly atMs: number;
  readonly kind: RequestKind;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: string;
}

export interface LoadShape {
  readonly durationMs: number;
  readonly requestsPerSecond: number;
  /** Requests of 100 ms that come all at once, half a second into each second. */
  readonly waveSize: number;
  /** Requests that need two connections each, all at once. */
  readonly nested: { readonly atMs: number; readonly count: number };
  /** Leaks that come one by one, of all kinds in turn. */
  readonly sprinkle: { readonly fromMs: number; readonly everyMs: number; readonly count: number };
  /** Leaks of one kind that come all at once: a bad batch. */
  readonly burst: { readonly atMs: number; readonly count: number };
  /** The last part of the run, when a pool that can recover has recovered. */
  readonly lastPartMs: number;
}

export const LONG: LoadShape = {
  durationMs: 10_000,
  requestsPerSecond: 60,
  waveSize: 12,
  // Before anything has leaked: a lease that is leaked waits for nobody, and where there is one nothing can be proven.
  nested: { atMs: 200, count: 12 },
  sprinkle: { fromMs: 1_400, everyMs: 250, count: 12 },
  burst: { atMs: 5_000, count: 20 },
  lastPartMs: 2_500,
};

export const SHORT: LoadShape = {
  ...LONG,
  durationMs: 6_000,
  sprinkle: { fromMs: 1_300, everyMs: 100, count: 8 },
  burst: { atMs: 2_200, count: 20 },
  lastPartMs: 1_000,
};

export const PRODUCTS = 50;
export const ORDERS = 5_000;

/** The same shape and seed give the same requests at the same moments. */
export function planLoad(shape: LoadShape, seed: number): PlannedRequest[] {
  const random = seededRandom(seed);
  const requests = [...steady(shape, random), ...waves(shape), ...nested(shape), ...leaks(shape)];
  return requests.sort((a, b) => a.atMs - b.atMs);
}

function* steady({ durationMs, requestsPerSecond }: LoadShape, random: Random): Iterable<PlannedRequest> {
  const count = Math.round((durationMs / 1_000) * requestsPerSecond);
  for (let index = 0; index < count; index += 1) {
    yield { atMs: random.next() * durationMs, kind: 'ordinary', ...ordinaryRequest(random) };
  }
}

function ordinaryRequest(random: Random): Pick<PlannedRequest, 'method' | 'path' | 'body'> {
  const draw = random.next();
  if (draw < 0.4) return { method: 'GET', path: '/orders' };
  if (draw < 0.65) return { method: 'GET', path: '/products' };
  if (draw < 0.95) {
    const order = { productId: 1 + Math.floor(random.next() * PRODUCTS), quantity: 1 };
    return { method: 'POST', path: '/orders', body: JSON.stringify(order) };
  }
  return { method: 'GET', path: '/reports/sales' };
}

function* waves({ durationMs, waveSize }: LoadShape): Iterable<PlannedRequest> {
  for (let atMs = 500; atMs < durationMs; atMs += 1_000) {
    for (let index = 0; index < waveSize; index += 1) {
      yield { atMs, kind: 'ordinary', method: 'GET', path: '/demo/dashboard' };
    }
  }
}

function* nested({ nested: { atMs, count } }: LoadShape): Iterable<PlannedRequest> {
  for (let index = 0; index < count; index += 1) {
    yield { atMs, kind: 'nested', method: 'GET', path: `/demo/invoice?order=${1 + index}` };
  }
}

function* leaks({ sprinkle, burst }: LoadShape): Iterable<PlannedRequest> {
  for (let index = 0; index < sprinkle.count; index += 1) {
    yield { atMs: sprinkle.fromMs + index * sprinkle.everyMs, kind: 'leak', ...leakingRequest(index) };
  }
  for (let index = 0; index < burst.count; index += 1) {
    yield { atMs: burst.atMs, kind: 'leak', ...leakingRequest(0) };
  }
}

/** Which function each of them calls is in `examples/kysely-http/src/demo/leaks.ts`. */
function leakingRequest(index: number): Pick<PlannedRequest, 'method' | 'path' | 'body'> {
  switch (index % 4) {
    case 0:
      return { method: 'POST', path: `/demo/refunds?order=1&cents=99999999` };
    case 1:
      return { method: 'POST', path: '/demo/prices', body: 'id;cents' };
    case 2:
      return { method: 'POST', path: `/demo/payments?order=${1 + index}` };
    default:
      return { method: 'GET', path: '/demo/export' };
  }
}
