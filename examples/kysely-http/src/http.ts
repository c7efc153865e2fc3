import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type DatabaseHealth, isLifeguardError, runScope } from '@lifeguard/core';
import { expressHealth } from '@lifeguard/core/http';
import { log } from './log.ts';

interface Call {
  readonly query: URLSearchParams;
  /** The text of the request; at most 64 KB. */
  text(): Promise<string>;
  json(): Promise<unknown>;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

type Route = (call: Call) => Answer | Promise<Answer>;

/** By method and path: `'GET /orders'`. */
export type Routes = Readonly<Record<string, Route>>;

/** The caller's mistake: answered with 400 and its message. */
export class BadRequest extends Error {}

const MAX_BODY_BYTES = 64 * 1024;

/** Answers `GET /livez` and `GET /readyz` besides. */
export function createHttpServer(routes: Routes, health: DatabaseHealth): Server {
  const probes = expressHealth(health);
  return createServer((request, response) => {
    probes(request, response, () => {
      handle(routes, request, response).catch((error: unknown) => {
        log.error({}, `an answer could not be sent: ${String(error)}`);
        response.destroy();
      });
    });
  });
}

async function handle(routes: Routes, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, body } = await answer(routes, request);
  const headers = status === 503 ? { 'retry-after': '1' } : {};
  response.writeHead(status, { ...headers, 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function answer(routes: Routes, request: IncomingMessage): Promise<Answer> {
  const url = URL.parse(request.url ?? '/', 'http://localhost');
  if (url === null) return { status: 400, body: { error: 'the address cannot be read' } };
  const name = `${request.method} ${url.pathname}`;
  const route = Object.hasOwn(routes, name) ? routes[name] : undefined;
  if (route === undefined) return { status: 404, body: { error: `there is no ${name}` } };
  const text = () => readText(request);
  const call = { query: url.searchParams, text, json: async () => parseJson(await text()) };
  try {
    // A connection that is still held when this ends is reported within a second, with the name of the route.
    return await runScope(name, {}, () => route(call));
  } catch (error) {
    return explain(name, error);
  }
}

/** Details are for the log. The caller learns what to do: mend the request, come back later, or call us. */
function explain(route: string, error: unknown): Answer {
  if (error instanceof BadRequest) return { status: 400, body: { error: error.message } };
  const code = isLifeguardError(error) ? error.code : undefined;
  log.error({ route, code }, error instanceof Error ? error.message : String(error));
  switch (code) {
    case 'LG_ACQUIRE_TIMEOUT':
    case 'LG_QUEUE_FULL':
    case 'LG_CONNECT_FAILED':
    case 'LG_CONNECT_TIMEOUT':
    case 'LG_SERVER_REFUSED':
    case 'LG_POOL_DEADLOCK':
      return { status: 503, body: { error: 'busy, please try again', code } };
    case 'LG_SESSION_TIMEOUT':
      return { status: 504, body: { error: 'this took too long', code } };
    default:
      return { status: 500, body: { error: 'something went wrong here' } };
  }
}

async function readText(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += String(chunk);
    if (text.length > MAX_BODY_BYTES) throw new BadRequest('the request is too large');
  }
  return text;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new BadRequest('the request is not JSON');
  }
}
