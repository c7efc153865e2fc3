/** Longest name; a path that no route knows is as long as a stranger likes. */
const MAX_LENGTH = 200;
/** What an absolute URL, as proxies are sent, has before its path; it may hold a password. */
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i;

/**
 * What a request is called: its method and the pattern of its route, else its path. Never with the query string, which may
 * hold secrets.
 */
export function requestName(
  method: string | undefined,
  pattern: string | undefined,
  url: string | undefined,
): string {
  return `${method ?? '?'} ${pattern ?? pathOf(url ?? '')}`.slice(0, MAX_LENGTH);
}

/** The path of a request's URL, as it was sent. */
function pathOf(url: string): string {
  const path = url.replace(ORIGIN, '');
  const end = path.search(/[?#]/);
  return (end < 0 ? path : path.slice(0, end)) || '/';
}
