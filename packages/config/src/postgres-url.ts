/** How a URL of PostgreSQL begins. Checked first: drivers take almost any text for a database's name. */
export const POSTGRES_SCHEME: RegExp = /^postgres(ql)?:\/\//;

/** Parameters whose values say nothing secret. */
const OPEN_PARAMETERS: ReadonlySet<string> = new Set([
  'application_name',
  'connection_limit',
  'dbname',
  'host',
  'pgbouncer',
  'port',
  'schema',
  'sslmode',
]);

export function isPostgresUrl(text: string): boolean {
  return POSTGRES_SCHEME.test(text) && !/[\s\p{Cc}]/u.test(text) && parse(text) !== undefined;
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
  const url = isPostgresUrl(text) ? parse(text) : undefined;
  if (url === undefined) return '***';
  const user = url.username === '' ? '' : `${url.username}${url.password === '' ? '' : ':***'}@`;
  const parameters = [...url.searchParams].map(([name, value]) =>
    OPEN_PARAMETERS.has(name) ? `${name}=${encodeURIComponent(value)}` : `${encodeURIComponent(name)}=***`,
  );
  const query = parameters.length === 0 ? '' : `?${parameters.join('&')}`;
  return `${url.protocol}//${user}${url.host === STAND_IN ? '' : url.host}${url.pathname}${query}`;
}

const STAND_IN = 'no-host.invalid';

function parse(text: string): URL | undefined {
  // `user@/database` (a Unix socket named in `?host=`) is fine for PostgreSQL, but not for `URL`.
  const url = URL.parse(text.replace(/^([^/]*\/\/[^/?#@]*@)(?=[/?#]|$)/, `$1${STAND_IN}`));
  // An `@` behind the host: a `/`, `?` or `#` in the password made `URL` take a part of the password for the host.
  return url === null || `${url.pathname}${url.search}${url.hash}`.includes('@') ? undefined : url;
}
