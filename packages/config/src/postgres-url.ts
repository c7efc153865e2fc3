import { parseConnectionUrl, redactUrl as redactAnyUrl } from '@lifeguard/core/adapter';

/** How a URL of PostgreSQL begins. Checked first: drivers take almost any text for a database's name. */
export const POSTGRES_SCHEME: RegExp = /^postgres(ql)?:\/\//;

export function isPostgresUrl(text: string): boolean {
  return POSTGRES_SCHEME.test(text) && parseConnectionUrl(text) !== undefined;
}

/** What is wrong with a text that should be such a URL, without repeating it. */
export function describeBadUrl(text: string): string {
  if (text === '') return 'an empty text';
  const scheme = /^([a-z][a-z0-9+.-]{0,20}):\/\//i.exec(text)?.[1];
  if (scheme === undefined) return 'a text without a scheme';
  if (!POSTGRES_SCHEME.test(text)) return `a URL with the scheme "${scheme}"`;
  if (/[\s\p{Cc}]/u.test(text)) return 'one with a space or line break in it';
  return 'one that cannot be read (in a password, write @ : / ? # % percent-encoded)';
}

/** The URL for people: `postgres://user:***@host/db`. A text that is no such URL is hidden whole. */
export function redactUrl(text: string): string {
  return isPostgresUrl(text) ? redactAnyUrl(text) : '***';
}
