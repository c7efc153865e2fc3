import { STATUS_CODES, createServer } from 'node:http';
import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { systemCode } from './admin-error.ts';
import { SAFE_HEADERS, refusal } from './answer.ts';
import type { AdminProblemCode } from './answer.ts';
import type { NodeListener } from './node-listener.ts';

/** Connections that are served at the same time. */
const MAX_CONNECTIONS = 4;
/** Beyond these, connections are closed without a word: each costs a file descriptor. */
const MAX_REFUSED = 4;
const HEADERS_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 10_000;
const IDLE_TIMEOUT_MS = 60_000;
const MAX_HEADER_BYTES = 8_192;

/** A server that is hard to occupy: few connections, one request each, short headers, limits on every wait. */
export function createAdminServer(listener: NodeListener, heartbeatMs: number): Server {
  const server = createServer({
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: 1_000,
    maxHeaderSize: MAX_HEADER_BYTES,
    // Node's own answer to a request without one would lack our headers; the guard refuses it.
    requireHostHeader: false,
  });
  server.maxConnections = MAX_CONNECTIONS + MAX_REFUSED;
  // What sends a sign of life that often is not idle.
  server.setTimeout(Math.max(IDLE_TIMEOUT_MS, 4 * heartbeatMs));
  const served = new Set<Duplex>();
  server.on('connection', (socket) => {
    // A reader must not be the reason why a process does not exit.
    socket.unref();
    if (served.size >= MAX_CONNECTIONS) {
      refuse(socket, 503, 'too-many-connections', `${MAX_CONNECTIONS} connections are open already`);
      return;
    }
    served.add(socket);
    socket.once('close', () => served.delete(socket));
  });
  const once: NodeListener = (request, response) => {
    // What was refused may have sent its request before it could read so: it must not act.
    if (!served.has(request.socket)) {
      request.socket.destroy();
      return;
    }
    response.shouldKeepAlive = false;
    listener(request, response);
  };
  server.on('request', once);
  // Node answers these by itself otherwise, without our headers; nobody needs to be asked to go on with 64 kB.
  server.on('checkExpectation', once);
  server.on('checkContinue', once);
  server.on('clientError', (error, socket) => refuseMalformed(error, socket));
  return server;
}

function refuseMalformed(error: Error, socket: Duplex): void {
  switch (systemCode(error)) {
    case 'HPE_HEADER_OVERFLOW':
      refuse(socket, 431, 'bad-request', `the headers are larger than ${MAX_HEADER_BYTES} bytes`);
      break;
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      refuse(socket, 408, 'too-slow', 'the request did not come in time');
      break;
    default:
      refuse(socket, 400, 'bad-request', 'the request cannot be read');
  }
}

/** Answers without looking at a request, and closes. */
function refuse(socket: Duplex, status: number, code: AdminProblemCode, message: string): void {
  socket.on('error', () => undefined);
  // Something may have been answered before; a second answer behind it would be garbage.
  if (!socket.writable || ('bytesWritten' in socket && socket.bytesWritten !== 0)) {
    socket.destroy();
    return;
  }
  const body = JSON.stringify(
    refusal(status, code, message, 'send a plain HTTP/1.1 request, a few at a time').problem,
  );
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(body.length),
    connection: 'close',
    ...SAFE_HEADERS,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`, () =>
    socket.destroy(),
  );
}
