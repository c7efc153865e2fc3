import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { AdminHandler } from './admin-handler.ts';
import { refusal } from './answer.ts';

/** A request of `node:http`, and what a parser of bodies may have left at it. */
type NodeRequest = IncomingMessage & { readonly body?: unknown };

/** A listener for `http.createServer`, Express, or the raw objects of Fastify; never throws or rejects. */
export type NodeListener = (request: NodeRequest, response: ServerResponse) => void;

/**
 * Puts a fetch-style handler behind `node:http`. A reader that goes away aborts the request's signal. Where a parser has read
 * the body already, `request.body` is taken.
 *
 * @example
 * app.use('/lifeguard', toNodeListener(adminHandler({ pools: [pool], token }))); // Express
 */
export function toNodeListener(handler: AdminHandler): NodeListener {
  return (request, response) => {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    // Either may fail at any time once the other side has gone; then there is nobody to tell.
    request.on('error', ignore);
    response.on('error', ignore);
    answer(handler, request, response, gone.signal).catch(() => response.destroy());
  };
}

async function answer(
  handler: AdminHandler,
  request: NodeRequest,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const asked = toRequest(request, signal);
  const answered = asked === undefined ? malformed() : await handler(asked);
  response.writeHead(answered.status, Object.fromEntries(answered.headers));
  response.flushHeaders();
  const reader = answered.body?.getReader();
  const cancel = (): void => void reader?.cancel().catch(ignore);
  signal.addEventListener('abort', cancel, { once: true });
  if (signal.aborted) cancel();
  try {
    for (let read = await reader?.read(); read?.done === false; read = await reader?.read()) {
      if (!response.write(read.value)) await drained(response, signal);
    }
  } finally {
    signal.removeEventListener('abort', cancel);
    response.end();
  }
}

/** `undefined` when what came is no request that can be described. */
function toRequest(request: NodeRequest, signal: AbortSignal): Request | undefined {
  try {
    const { method = 'GET' } = request;
    const url = new URL(`http://${request.headers.host ?? 'unknown.invalid'}${pathOf(request.url)}`);
    const headers = new Headers();
    for (const [name, value] of Object.entries(request.headersDistinct))
      for (const each of value ?? []) headers.append(name, each);
    const hasBody = method !== 'GET' && method !== 'HEAD';
    return new Request(url, { method, headers, signal, ...(hasBody ? bodyOf(request) : {}) });
  } catch {
    return undefined;
  }
}

function malformed(): Response {
  return refusal(
    400,
    'bad-request',
    'the request cannot be read',
    'send a plain HTTP/1.1 request',
  ).toResponse();
}

/** Only a path: a whole address, as for a proxy, would bring a host of its own. */
function pathOf(url = '/'): string {
  if (!url.startsWith('/')) throw new TypeError('no path');
  return url;
}

function bodyOf(request: NodeRequest): RequestInit {
  const { body } = request;
  if (typeof body === 'string' || body instanceof Uint8Array)
    return { body: body as string | Uint8Array<ArrayBuffer> };
  if (body !== undefined && body !== null && request.readableEnded) return { body: JSON.stringify(body) };
  if (request.readableEnded) return {};
  return { body: Readable.toWeb(request) as ReadableStream<Uint8Array>, duplex: 'half' };
}

function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = (): void => {
    response.off('drain', done);
    signal.removeEventListener('abort', done);
    resolve();
  };
  response.once('drain', done);
  signal.addEventListener('abort', done, { once: true });
  if (signal.aborted) done();
  return promise;
}

function ignore(): void {
  // See where it is used.
}
