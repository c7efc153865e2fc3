import { closest } from '@lifeguard/core/adapter';
import { ALERT_KEYS } from './alert-keys.ts';
import { DATABASE_KEYS } from './database-keys.ts';
import type { TableKey } from './table-key.ts';

const SECTIONS: readonly string[] = ['providers', 'database', 'alerts'];
const TABLE: Readonly<Record<string, TableKey>> = { ...DATABASE_KEYS, ...ALERT_KEYS };
const KNOWN_KEYS: readonly string[] = Object.keys(TABLE);

/** Keys whose values may be shown. Everything else might be a password, a mistyped key too. */
const OPEN_KEYS: ReadonlySet<string> = new Set([
  ...SECTIONS,
  ...KNOWN_KEYS.filter((name) => TABLE[name]?.describe === undefined),
]);

/** `  pool_size: ` with what follows; quotes round the key are rare enough not to be understood. */
const KEY_LINE = /^(\s*(?:- )?)([A-Za-z_][\w-]*)(\s*:?)(?=\s|$)(.*)$/;
/** Numbers, durations, flags and names of variables: no words. */
const HARMLESS = /^(-?\d[\d.]*(ms|s|m|h)?|true|false|null|)$/;
const REFERENCE = /^: *\$\{(env:)?\w+\}$/;
/** Behind a key whose value may be shown: a section in one line, another key, or a part of an address. */
const MAY_BE_MORE = /(?<!\$)\{|\/\/|@|:(?:\s|$)/;
const HIDDEN = '***';
/** What comes later in a line is not shown. */
const MOST_CHARACTERS = 1_000;

/**
 * A line of a settings file as it may be shown. Errors go to logs, and a settings file holds passwords: what is shown is
 * what is known to be harmless. `showKey` says that the line's key is what the message is about.
 */
export function maskLine(line: string, showKey: boolean): string {
  const text = withoutComment(line.slice(0, MOST_CHARACTERS));
  const [, indent = '', key = '', colon = '', rest = ''] = KEY_LINE.exec(text) ?? [];
  if (key === '') return hideFrom(text, text.search(/[^\s[\]{}(),:'"-]/));
  if (isOpen(key, rest) || REFERENCE.test(colon.trimStart() + rest.trimEnd())) return text;
  if (!showKey && !OPEN_KEYS.has(key) && !KNOWN_KEYS.includes(key)) return hideFrom(text, indent.length);
  return hideFrom(text, indent.length + key.length + colon.length + rest.search(/\S|$/));
}

function isOpen(key: string, rest: string): boolean {
  const value = rest.trim();
  if (OPEN_KEYS.has(key)) return !MAY_BE_MORE.test(value);
  const meant = closest(key, KNOWN_KEYS);
  return meant !== undefined && OPEN_KEYS.has(meant) && HARMLESS.test(value);
}

function hideFrom(text: string, at: number): string {
  return at < 0 || text.slice(at).trim() === '' ? text : text.slice(0, at) + HIDDEN;
}

function withoutComment(line: string): string {
  const at = line.search(/(?:^|\s)#/);
  return at < 0 ? line : line.slice(0, at).trimEnd();
}
