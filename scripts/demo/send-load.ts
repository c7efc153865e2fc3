import { Agent, request as openRequest } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { PlannedRequest } from './load-plan.ts';

/** How a request ended. `status` 0: no answer. */
export interface Outcome {
  readonly request: PlannedRequest;
  readonly status: number;
  readonly latencyMs: number;
  /** When it ended, in milliseconds after the start of the load. */
  readonly endedAtMs: number;
}

/** No request may hang for longer; the pools give up after one second. */
const CLIENT_LIMIT_MS = 10_000;

/**
 * Sends every request at its moment, whatever became of those before; resolves when all but the leaks have
 * ended. Those, which may never end, are then broken off.
 */
export async function sendLoad(
  url: string,
  plan: readonly PlannedRequest[],
  signal: AbortSignal,
  onOutcome: (outcome: Outcome) => void,
): Promise<void> {
  const startedAt = performance.now();
  const over = new AbortController();
  const agent = new Agent({ keepAlive: true });
  const leaks: Promise<void>[] = [];
  const others: Promise<void>[] = [];
  const send = async (request: PlannedRequest): Promise<void> => {
    const sentAt = performance.now();
    const status = await statusOf(url, request, agent, AbortSignal.any([signal, over.signal]));
    const now = performance.now();
    onOutcome({ request, status, latencyMs: now - sentAt, endedAtMs: now - startedAt });
  };
  try {
    for (const request of plan) {
      const waitMs = request.atMs - (performance.now() - startedAt);
      if (waitMs > 0) await delay(waitMs, undefined, { signal });
      (request.kind === 'leak' ? leaks : others).push(send(request));
    }
    await Promise.all(others);
  } finally {
    over.abort();
    await Promise.all([...leaks, ...others]);
    agent.destroy();
  }
}

/** Not `fetch`: that reconnects after an abort, and the service would wait for a request on that connection. */
function statusOf(url: string, request: PlannedRequest, agent: Agent, signal: AbortSignal): Promise<number> {
  const { method, path, body } = request;
  const limited = AbortSignal.any([signal, AbortSignal.timeout(CLIENT_LIMIT_MS)]);
  return new Promise((resolve) => {
    const fail = (): void => resolve(0);
    const sent = openRequest(`${url}${path}`, { method, agent, signal: limited }, (response) => {
      response.on('error', fail).on('end', () => resolve(response.statusCode ?? 0));
      response.resume();
    });
    sent.on('error', fail).end(body);
  });
}
