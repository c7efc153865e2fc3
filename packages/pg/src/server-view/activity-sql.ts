// Parts of statements on pg_stat_activity. They run with pg_catalog first in the search_path, and with any setting for backslashes.

/** As `withoutTag` reads it. */
const TAG = `(^| )lg:[0-9a-z]{10}[.][1-9][0-9]{0,9}[.][0-9a-z]{8}$`;

/** What serves a client. Of those that this user may not see the kind is hidden too: they have a user and a database. */
export const CLIENT: string = `(backend_type = 'client backend'
  or (backend_type is null and usename is not null and datname is not null))`;

export const HIDDEN: string = `(backend_type is null)`;
export const SAME_DATABASE: string = `datname = current_database()`;
export const SAME_USER: string = `usename = session_user`;
export const TAGGED: string = `application_name ~ '${TAG}'`;
/** Which process it is. */
export const TAG_OF: string = `substring(application_name from 'lg:[0-9a-z.]+$')`;
export const UNTAGGED: string = `regexp_replace(coalesce(application_name, ''), '${TAG}', '')`;
/** A longer text is for the server to keep: the fingerprint reads no more. */
export const QUERY: string = `left(query, 4096)`;

/** Milliseconds since an instant; null without one. */
export function since(instant: string): string {
  // `greatest` overlooks a null.
  const ms = `greatest(0, round(extract(epoch from clock_timestamp() - ${instant}) * 1000))::float8`;
  return `case when ${instant} is not null then ${ms} end`;
}
