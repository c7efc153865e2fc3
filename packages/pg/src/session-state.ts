/** Of a long script only the beginning is looked at. */
const LOOKED_AT = 10_000;

/** Cheap, and true of everything below. */
const MAY_ALTER = /\b(?:set|reset|set_config|listen|load|temp|temporary|prepare|hold|\w*advisory_lock\w*)\b/i;
/** One that is never closed runs to the end: looking for each one's end again and again would be quadratic. */
const COMMENT = /--[^\r\n]*|\/\*[^]*?(?:\*\/|$)/g;

/** Statements that leave something behind, at the beginning of the text or behind a semicolon. */
const STATEMENT =
  /(?:^|;)\s*(?:set\s+(?!local\b|transaction\b|constraints\b)|reset\b|listen\b|load\b|prepare\s+(?!transaction\b)|create\s+(?:or\s+replace\s+)?(?:(?:local|global)\s+)?temp(?:orary)?\b)/i;
/** What does so inside of a statement. `pg_advisory_xact_lock` and `set_config(…, true)` end with their transaction. */
const WITHIN =
  /\binto\s+temp(?:orary)?\b|\bwith\s+hold\b|\bpg_(?:try_)?advisory_lock(?:_shared)?\s*\(|\bset_config\s*\((?![^()]*,\s*true\s*\))/i;

/**
 * Whether a text changes what the backend session keeps beyond its transaction: settings, LISTEN, temporary tables, prepared
 * statements, cursors WITH HOLD, advisory locks. By its words, so what a function or a DO block does is not seen; and what
 * only looks like it, in a literal, counts: then a connection is replaced that need not have been.
 */
export function altersSession(sql: string | undefined): boolean {
  if (sql === undefined) return false;
  const text = sql.slice(0, LOOKED_AT);
  if (!MAY_ALTER.test(text)) return false;
  const bare = text.replaceAll(COMMENT, ' ');
  return STATEMENT.test(bare) || WITHIN.test(bare);
}
