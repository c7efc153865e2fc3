import { readFileSync } from 'node:fs';
import { AdminError } from '@lifeguard/admin';
import { describeFailure, printable, redactUrl } from '@lifeguard/core/adapter';
import type { AdminSource } from './admin-source.ts';
import { UsageError } from './usage-error.ts';

/** How long an answer may take, in milliseconds: longer than the endpoint itself waits for an action. */
const ANSWER_MS = 35_000;
/** Longest answer that is read, in characters. */
const MAX_ANSWER = 20_000_000;
/** Longest token, in characters. */
const MAX_TOKEN = 4_096;

/** An endpoint that is mounted at `url`. The token is sent nowhere else: not after a redirect, and not in the clear. */
export function urlSource(url: string, tokenFile: string | undefined): AdminSource {
  const base = baseOf(url);
  const token = tokenFile === undefined ? undefined : readToken(tokenFile);
  const ask = async (method: 'GET' | 'POST', path: string, signal?: AbortSignal): Promise<unknown> => {
    const response = await open(base + path, method, token, signal);
    return readAnswer(response, base);
  };
  return {
    title: base,
    get: (path, signal) => ask('GET', path, signal),
    post: (path, signal) => ask('POST', path, signal),
  };
}

function baseOf(text: string): string {
  const url = URL.parse(text);
  const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(url?.hostname ?? '');
  if (url === null || !(url.protocol === 'https:' || (url.protocol === 'http:' && isLocal)))
    throw unusable(text, 'an address that begins with https:// (http:// for this machine only)');
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw unusable(text, 'an address without a user, a password or a query; the token is in --token-file');
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

function unusable(url: string, expected: string): UsageError {
  return new UsageError('--url cannot be used', [
    ['url', redactUrl(url)],
    ['expected', expected],
  ]);
}

function readToken(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new UsageError('the token cannot be read', [
      ['file', file],
      ['found', describeFailure(error)],
    ]);
  }
  // What is in there is not shown: it may be a token all the same.
  if (/^[\x21-\x7e]+$/.test(text) && text.length <= MAX_TOKEN) return text;
  throw new UsageError('the token file does not hold a token', [
    ['file', file],
    ['expected', `one line of at most ${MAX_TOKEN} characters, without spaces`],
  ]);
}

async function open(
  url: string,
  method: string,
  token: string | undefined,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const limit = AbortSignal.timeout(ANSWER_MS);
  try {
    return await fetch(url, {
      method,
      redirect: 'error',
      signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
      headers: {
        accept: 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
    });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw noAnswer(`it has not answered: ${describeFailure(cause)}`, url, 'see whether it is mounted there');
  }
}

async function readAnswer(response: Response, base: string): Promise<unknown> {
  const text = await readText(response, base);
  const answer = parse(text);
  const { code, message, fix } = Object(answer) as Partial<Record<'code' | 'message' | 'fix', unknown>>;
  if (!response.ok && typeof code === 'string' && typeof message === 'string') {
    throw new AdminError('refused', {
      summary: `the endpoint refused (${printable(code, 60)}): ${message}`,
      rows: [
        ['endpoint', base],
        ['fix', typeof fix === 'string' ? fix : 'ask who runs it'],
      ],
      status: response.status,
      problem: code,
    });
  }
  if (answer === undefined)
    throw noAnswer(
      `what answered with status ${response.status} is not Lifeguard`,
      base,
      'see where adminHandler is mounted',
    );
  return answer;
}

async function readText(response: Response, base: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      if (text.length > MAX_ANSWER) break;
    }
  } catch (error) {
    throw noAnswer(`its answer broke off: ${describeFailure(error)}`, base, 'ask again');
  }
  if (text.length <= MAX_ANSWER) return text;
  throw noAnswer(`the answer is longer than ${MAX_ANSWER} characters`, base, 'ask for one --pool');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function noAnswer(summary: string, endpoint: string, fix: string): AdminError {
  return new AdminError('no-answer', {
    summary,
    rows: [
      ['endpoint', endpoint],
      ['fix', fix],
    ],
  });
}
