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

/**
 * A connection URL for people: `postgres://user:***@host/db`. The password is hidden, and each parameter that is not known
 * to be harmless; a text that is no URL, or whose password cannot be told from the rest, is hidden whole.
 */
export function redactUrl(text: string): string {
  const url = parseConnectionUrl(text);
  if (url === undefined) return '***';
  const user = url.username === '' ? '' : url.username;
  const login = `${user}${url.password === '' ? '' : ':***'}`;
  const parameters = [...url.searchParams].map(([name, value]) =>
    OPEN_PARAMETERS.has(name) ? `${name}=${encodeURIComponent(value)}` : `${encodeURIComponent(name)}=***`,
  );
  const host = url.host === STAND_IN ? '' : url.host;
  const query = parameters.length === 0 ? '' : `?${parameters.join('&')}`;
  return `${url.protocol}//${login === '' ? '' : `${login}@`}${host}${url.pathname}${query}`;
}

const STAND_IN = 'no-host.invalid';
const WITH_SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;
const SPACE = /[\s\p{Cc}]/u;

/** The URL, where it is certain which part of the text is the password. */
export function parseConnectionUrl(text: string): URL | undefined {
  if (!WITH_SCHEME.test(text) || SPACE.test(text)) return undefined;
  // `user@/database` (a Unix socket named in `?host=`) is fine for drivers, but not for `URL`.
  const url = URL.parse(text.replace(/^([^/]*\/\/[^/?#@]*@)(?=[/?#]|$)/, `$1${STAND_IN}`));
  // An `@` behind the host: a `/`, `?` or `#` in the password made `URL` take a part of the password for the host.
  return url === null || `${url.pathname}${url.search}${url.hash}`.includes('@') ? undefined : url;
}
