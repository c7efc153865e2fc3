import { inspect } from 'node:util';
import { redactUrl } from '@lifeguard/core/adapter';

/** `options` are those of the command line: settings of any name, such as an application's own token. */
const SECRET = /pass|pwd|secret|token|^key$|^pfx$|^options$/i;

/**
 * Makes an options object safe to print: `JSON.stringify` and `util.inspect` show it without passwords and keys, also the
 * one inside a connection string. The values themselves stay, since the driver needs them.
 */
export function hideSecrets(options: object): void {
  const shown = (): unknown => redact(options, 0);
  Object.defineProperty(options, 'toJSON', { value: shown, configurable: true });
  Object.defineProperty(options, inspect.custom, { value: shown, configurable: true });
}

/** Deeper than this nothing is shown: no option of pg is. */
const MAX_DEPTH = 3;

function redact(value: unknown, depth: number): unknown {
  if (typeof value === 'function') return '[function]';
  if (typeof value === 'string') return value.includes('://') ? redactUrl(value) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_DEPTH) return '[…]';
  if (Array.isArray(value)) return value.map((each) => redact(each, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, each]: [string, unknown]) => {
      if (SECRET.test(key)) return [key, '***'];
      if (key === 'connectionString') return [key, redactUrl(String(each))];
      return [key, redact(each, depth + 1)];
    }),
  );
}
