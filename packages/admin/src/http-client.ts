import { request } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { InvalidOptionError } from '@lifeguard/core';
import { describeFailure, printable } from '@lifeguard/core/adapter';
import { AdminError, systemCode } from './admin-error.ts';

/** Where an application listens; with a token where its transport wants one. */
export interface AdminAddress {
  readonly path: string;
  readonly token?: string;
}

/** How long an answer may take, in milliseconds: longer than the longest that a server waits itself. */
const ANSWER_MS = 35_000;
/** Longest answer that is read, in bytes. */
const MAX_ANSWER = 20_000_000;

interface Ask {
  readonly body?: object;
  readonly limitMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Asks, and reads the whole answer. Rejects with `LG_UNSUPPORTED`. */
export async function askAdmin(
  address: AdminAddress,
  method: 'GET' | 'POST',
  path: string,
  { body, limitMs = ANSWER_MS, signal }: Ask = {},
): Promise<unknown> {
  const limit = AbortSignal.timeout(limitMs);
  try {
    const either = signal === undefined ? limit : AbortSignal.any([limit, signal]);
    const response = await open(address, method, path, either, body);
    return readAnswer(response, await readText(response));
  } catch (error) {
    throw explain(error, address, limit.aborted ? `no answer within ${limitMs} ms` : undefined);
  }
}

/** Asks for what does not end. The caller destroys it. Rejects with `LG_UNSUPPORTED`. */
export async function openAdmin(
  address: AdminAddress,
  path: string,
  signal: AbortSignal | undefined,
): Promise<IncomingMessage> {
  try {
    const response = await open(address, 'GET', path, signal);
    if (response.statusCode === 200) return response;
    readAnswer(response, await readText(response));
    throw new AdminError('no-answer', {
      summary: `the application answered with status ${response.statusCode}`,
    });
  } catch (error) {
    throw explain(error, address, undefined);
  }
}

function open(
  { path: socketPath, token }: AdminAddress,
  method: string,
  path: string,
  signal: AbortSignal | undefined,
  body?: object,
): Promise<IncomingMessage> {
  if (!/^\/[\x21-\x7e]*$/.test(path)) throw new InvalidOptionError('path', 'a path such as /v1/health', path);
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const asked: ClientRequest = request(
    {
      socketPath,
      method,
      path,
      agent: false,
      headers: {
        host: 'localhost',
        accept: 'application/json, text/event-stream',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(signal === undefined ? {} : { signal }),
    },
    resolve,
  );
  asked.on('error', reject);
  asked.end(body === undefined ? undefined : JSON.stringify(body));
  return promise;
}

async function readText(response: IncomingMessage): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MAX_ANSWER)
      throw new AdminError('no-answer', { summary: `the answer is longer than ${MAX_ANSWER} characters` });
  }
  return text;
}

function readAnswer({ headers, statusCode = 0 }: IncomingMessage, text: string): unknown {
  if (headers['content-type']?.startsWith('application/json') !== true) return text;
  const answer: unknown = JSON.parse(text);
  if (statusCode >= 400 && isProblem(answer)) throw refused(statusCode, answer);
  return answer;
}

interface Problem {
  readonly code: string;
  readonly message: string;
  readonly fix: string;
}

function isProblem(answer: unknown): answer is Problem {
  return (
    typeof answer === 'object' &&
    answer !== null &&
    ['code', 'message', 'fix'].every((key) => typeof Reflect.get(answer, key) === 'string')
  );
}

function refused(status: number, { code, message, fix }: Problem): AdminError {
  return new AdminError('refused', {
    summary: `the application refused (${printable(code, 60)}): ${message}`,
    rows: [['fix', fix]],
    status,
    problem: code,
  });
}

function explain(error: unknown, { path }: AdminAddress, timeout: string | undefined): unknown {
  if (error instanceof AdminError || error instanceof InvalidOptionError) return error;
  switch (timeout === undefined ? systemCode(error) : undefined) {
    case 'ENOENT':
      return failure(
        'none-running',
        'there is no such socket',
        path,
        'start the application, or call serveAdmin in it',
        error,
      );
    case 'ECONNREFUSED':
      return failure(
        'stale',
        'nobody answers on this socket: its process has ended',
        path,
        'remove it, and start the application',
        error,
      );
    case 'EACCES':
    case 'EPERM':
      return failure(
        'no-access',
        'this socket belongs to another user',
        path,
        'run this as the user that runs the application',
        error,
      );
    default:
      return failure(
        'no-answer',
        timeout ?? `it has not answered: ${describeFailure(error)}`,
        path,
        'ask again; the application may be busy, or full',
        error,
      );
  }
}

function failure(
  reason: AdminError['reason'],
  summary: string,
  path: string,
  fix: string,
  cause: unknown,
): AdminError {
  return new AdminError(reason, {
    summary,
    rows: [
      ['socket', path],
      ['fix', fix],
    ],
    cause,
  });
}
