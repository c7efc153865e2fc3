import type { ResolvedWebhook } from './webhook-options.ts';

/** How one attempt came out. `failed`: another one may succeed. `refused`: none will. */
export type AttemptOutcome =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'failed'; readonly why: string; readonly retryAfterMs: number };

/** A server that says "come back later" is believed up to here. */
const LONGEST_RETRY_AFTER_MS = 60_000;

/** Sends one request. Never rejects, and is over within `timeoutMs`. */
export async function attempt(
  { url, timeoutMs, clock }: Pick<ResolvedWebhook, 'url' | 'timeoutMs' | 'clock'>,
  headers: Headers,
  body: string,
): Promise<AttemptOutcome> {
  const limit = new AbortController();
  const timer = clock.setTimer(timeoutMs, () => limit.abort());
  try {
    // A redirect may lead anywhere, also to where the body or a header must not be seen.
    const init: RequestInit = { method: 'POST', headers, body, redirect: 'manual', signal: limit.signal };
    const response = await fetch(url, init);
    // Nobody reads it, and it may be without an end.
    response.body?.cancel().catch(() => undefined);
    return judge(response, clock.wallTime());
  } catch (error) {
    const why = limit.signal.aborted ? `no answer within ${timeoutMs} ms` : reasonOf(error);
    return { kind: 'failed', why, retryAfterMs: 0 };
  } finally {
    timer.cancel();
  }
}

function judge({ status, headers }: Response, wallTime: number): AttemptOutcome {
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  const why = `it answered ${status}`;
  if (status >= 300 && status < 400)
    return { kind: 'refused', why: `${why}, and redirects are not followed` };
  const mayPass = status === 408 || status === 429 || status >= 500;
  if (!mayPass) return { kind: 'refused', why };
  return { kind: 'failed', why, retryAfterMs: retryAfterMs(headers.get('retry-after'), wallTime) };
}

/** Seconds, or a date. */
function retryAfterMs(header: string | null, wallTime: number): number {
  if (header === null) return 0;
  const ms = /^\d{1,9}$/.test(header.trim()) ? Number(header) * 1_000 : Date.parse(header) - wallTime;
  return ms > 0 ? Math.min(ms, LONGEST_RETRY_AFTER_MS) : 0;
}

/** By its code: a text may repeat the address. */
function reasonOf(error: unknown): string {
  const { cause = error } = error instanceof Error ? error : {};
  const code: unknown = typeof cause === 'object' && cause !== null ? Reflect.get(cause, 'code') : undefined;
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,40}$/.test(code) ? code : 'the network failed';
}
