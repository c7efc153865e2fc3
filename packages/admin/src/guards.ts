import { createHash, timingSafeEqual } from 'node:crypto';
import type { ResolvedAdminOptions } from './admin-options.ts';
import { refusal } from './answer.ts';

/** Decides whether a request is looked at at all. Throws a refusal; the cheap questions come first, the token last. */
export type Guard = (request: Request) => Promise<void>;

/** Longest address of a request, in characters. */
const MAX_URL = 2_048;

/** The guard of a handler. */
export function guardOf({ hosts, token, authorize, transport }: ResolvedAdminOptions): Guard {
  // Of a hash each: the comparison wants equal lengths, and must not tell the token's.
  const expected = token === undefined ? undefined : hashOf(token);
  return async (request) => {
    if (request.url.length > MAX_URL)
      throw refusal(
        414,
        'url-too-long',
        `the URL is longer than ${MAX_URL} characters`,
        'ask for less at once',
      );
    refuseForeignHost(request, hosts);
    refuseForeignOrigin(request);
    if (expected !== undefined && !isBearer(request, expected)) throw notAuthorized(transport);
    if (authorize !== undefined && !(await allows(authorize, request))) throw notAuthorized(transport);
  };
}

/** DNS rebinding: a stranger's page that has pointed its own name here sends that name as `Host`. */
function refuseForeignHost(request: Request, hosts: readonly string[]): void {
  const host = hostOf(request).toLowerCase();
  const [, name = host] = /^(.+?)(?::\d{1,5})?$/.exec(host) ?? [];
  if (hosts.includes(host) || hosts.includes(name)) return;
  throw refusal(
    421,
    'host-not-allowed',
    'this host name is not served here',
    'use localhost, or add the name to the option "hosts"',
  );
}

/** Pages of others may send requests, though they cannot read the answers: an action would have been taken. */
function refuseForeignOrigin(request: Request): void {
  const site = request.headers.get('sec-fetch-site');
  const origin = request.headers.get('origin');
  const isForeign =
    (site !== null && site !== 'same-origin' && site !== 'none') ||
    (origin !== null && originHost(origin) !== hostOf(request).toLowerCase());
  if (isForeign)
    throw refusal(
      403,
      'foreign-origin',
      'requests of pages of another origin are refused',
      'open this address itself',
    );
}

function hostOf(request: Request): string {
  return request.headers.get('host') ?? new URL(request.url).host;
}

function originHost(origin: string): string | undefined {
  return /^https?:\/\/([^/?#@\s]+)$/i.exec(origin)?.[1]?.toLowerCase();
}

function isBearer(request: Request, expected: Uint8Array): boolean {
  const [, given] = /^bearer ([\x21-\x7e]{1,1000})$/i.exec(request.headers.get('authorization') ?? '') ?? [];
  // Hashed also when there is none: the time says nothing. No token is empty.
  return timingSafeEqual(hashOf(given ?? ''), expected);
}

async function allows(
  authorize: NonNullable<ResolvedAdminOptions['authorize']>,
  request: Request,
): Promise<boolean> {
  try {
    return (await authorize(request)) === true;
  } catch {
    return false;
  }
}

function notAuthorized(transport: ResolvedAdminOptions['transport']): Error {
  const where =
    transport === 'mounted' ? 'the option "token" of adminHandler' : 'the token file of the application';
  return refusal(
    401,
    'not-authorized',
    'there is no valid token',
    `send "Authorization: Bearer <token>", as in ${where}`,
    {
      'www-authenticate': 'Bearer',
    },
  );
}

function hashOf(text: string): Uint8Array {
  return createHash('sha256').update(text).digest();
}
