import { inspect } from 'node:util';

const SECRET = /password|secret|^key$|^pfx$|passphrase/i;

/**
 * Makes an options object safe to print: `JSON.stringify` and `util.inspect` show it without passwords and keys, also the
 * one inside a connection string. The values themselves stay, since the driver needs them.
 */
export function hideSecrets(options: object): void {
  const shown = (): unknown => redact(options, 0);
  Object.defineProperty(options, 'toJSON', { value: shown, configurable: true });
  Object.defineProperty(options, inspect.custom, { value: shown, configurable: true });
}

/** A connection string with its password replaced; anything that is not a URL is replaced whole. */
export function redactUrl(url: string): string {
  try {
    const parsed = new URL(url);
    if (parsed.password !== '') parsed.password = '***';
    for (const name of [...parsed.searchParams.keys()]) {
      if (SECRET.test(name)) parsed.searchParams.set(name, '***');
    }
    return parsed.toString();
  } catch {
    return '***';
  }
}

function redact(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || depth > 3 || Array.isArray(value)) {
    return typeof value === 'function' ? '[function]' : value;
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, each]: [string, unknown]) => {
      if (SECRET.test(key)) return [key, '***'];
      if (key === 'connectionString' && typeof each === 'string') return [key, redactUrl(each)];
      return [key, redact(each, depth + 1)];
    }),
  );
}
