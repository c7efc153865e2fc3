import { inspect } from 'node:util';
import { printable } from '@lifeguard/core/adapter';
import { mayBeAddress } from './may-be-address.ts';

/** Names of keys and variables whose values are nobody's business. */
const SECRET_NAME = /pass|pwd|secret|token|key|cred|auth|url|uri|dsn|conn/i;

/** What came instead of what was expected. `variables` are those of the environment it was made from. */
export function describeValue(value: unknown, variables: readonly string[] = []): string {
  const origin =
    variables.length === 0 ? '' : ` (from env ${variables.map((name) => printable(name, 60)).join(', ')})`;
  return describe(value, !mayShow(value, variables)) + origin;
}

/** Whether neither the value nor the names of the variables it was made from look like a secret. */
export function mayShow(value: unknown, variables: readonly string[]): boolean {
  return (
    !variables.some((name) => SECRET_NAME.test(name)) && !(typeof value === 'string' && mayBeAddress(value))
  );
}

/** What kind of value came, when the value itself must not be shown. */
export function describeType(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a section';
  return typeof value === 'string' ? 'a text' : `a ${typeof value}`;
}

function describe(value: unknown, secret: boolean): string {
  if (value === null || value === undefined || typeof value === 'object') return describeType(value);
  if (secret) return `${describeType(value)} (hidden)`;
  return typeof value === 'string' ? `the text "${printable(value, 40)}"` : inspect(value);
}
