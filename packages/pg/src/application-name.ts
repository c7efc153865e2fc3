import type { DriverClient } from './driver-types.ts';
import { THIS_PROCESS, formatTag, withoutTag } from './process-tag.ts';

/** PostgreSQL shows no more of an `application_name`. */
const MAX_BYTES = 63;

/**
 * Replaces control characters in the name that the application gave, as the server would do it. But it would do so too late:
 * in the message that begins a connection a NUL ends the name, and what follows is read as the next parameter.
 */
export function tameName(client: DriverClient): void {
  const parameters = client.connectionParameters;
  if (typeof parameters !== 'object' || parameters === null) return;
  for (const key of ['application_name', 'fallback_application_name'] as const) {
    const name: unknown = parameters[key];
    if (typeof name === 'string') Object.assign(parameters, { [key]: name.replaceAll(/\p{Cc}/gu, '?') });
  }
}

/**
 * Has the connection say to which process it belongs, behind the name that the application gave it, wherever it gave it:
 * options, connection string, `PGAPPNAME`. Does nothing on a client that keeps its parameters elsewhere, and returns false.
 */
export function tagClient(client: DriverClient): boolean {
  const parameters = client.connectionParameters;
  if (typeof parameters !== 'object' || parameters === null) return false;
  parameters.application_name = tagged(
    parameters.application_name || parameters.fallback_application_name || '',
  );
  return true;
}

/**
 * Gives a connection to a pooler some name, where the application has given none: a client without one finds the name of
 * whoever had the backend before, and would pass for that process.
 */
export function nameClient(client: DriverClient): void {
  const parameters = client.connectionParameters;
  if (typeof parameters !== 'object' || parameters === null) return;
  if (!parameters.application_name && !parameters.fallback_application_name)
    parameters.application_name = 'lifeguard';
}

/** The name, shortened where it must be, and the tag, which never is. */
export function tagged(name: string): string {
  const tag = formatTag(THIS_PROCESS);
  const start = shorten(withoutTag(name), MAX_BYTES - tag.length - 1);
  return start === '' ? tag : `${start} ${tag}`;
}

/** Cut between characters, at the length that the server makes of it. */
function shorten(name: string, maxBytes: number): string {
  let bytes = 0;
  let end = 0;
  for (const character of name) {
    bytes += shownBytes(character);
    if (bytes > maxBytes) break;
    end += character.length;
  }
  return name.slice(0, end);
}

/** What is not printable ASCII the server shows, since PostgreSQL 16, as `\xe2` for each byte. */
function shownBytes(character: string): number {
  return /^[ -~]$/.test(character) ? 1 : 4 * Buffer.byteLength(character);
}
