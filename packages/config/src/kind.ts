import { z } from 'zod';
import { closest } from '@lifeguard/core/adapter';
import { describeType } from './describe-value.ts';
import { DURATION_PATTERN, durationToMs, normalizeDuration, writeDuration } from './duration.ts';
import { POSTGRES_SCHEME, describeBadUrl, isPostgresUrl } from './postgres-url.ts';

/** What a setting may hold: how it is checked and converted, and how people are told. */
export interface Kind<T> {
  readonly schema: z.ZodType<T>;
  /** Completes "expected …". */
  readonly expected: string;
  /** Short, for tables. */
  readonly range: string;
  /** A checked value as it would be written in the file, with `***` for what is secret; left out where that is the value itself. */
  readonly write?: (value: unknown) => string | number | boolean;
  /** Completes "got …" in place of the value, which is then never shown. */
  readonly describe?: (value: unknown) => string;
  /** What somebody meant who wrote this value. */
  readonly suggest?: (value: unknown) => string | undefined;
}

export function count(least: number, most: number): Kind<number> {
  return {
    schema: z.int().min(least).max(most),
    expected: `a whole number from ${least} to ${most}`,
    range: `${least} to ${most}`,
    suggest: (value) => (typeof value === 'string' && /^\d{1,10}$/.test(value) ? value : undefined),
  };
}

/** Milliseconds, from `least` to `most`; with `never`, -1 stands for no limit. */
export function duration(
  least: number,
  most: number,
  options: { readonly never?: boolean } = {},
): Kind<number> {
  const range = `${writeDuration(least)} to ${writeDuration(most)}`;
  const never = options.never === true ? ', or -1 for no limit' : '';
  const inRange = (ms: number) => ms >= least && ms <= most;
  const written = [
    z
      .number()
      .min(least / 1_000)
      .max(most / 1_000),
    z.string().regex(DURATION_PATTERN),
    ...(options.never === true ? [z.literal(-1)] : []),
  ] as const;
  const toMs = (value: number | string) => (value === -1 ? Number.POSITIVE_INFINITY : durationToMs(value));
  return {
    schema: z
      .union(written)
      .transform(toMs)
      .refine((ms) => inRange(ms) || ms === Number.POSITIVE_INFINITY),
    expected: `a duration from ${range} such as 30s or 5m (a bare number is seconds)${never}`,
    range: range + never,
    write: (ms) => (ms === Number.POSITIVE_INFINITY ? -1 : writeDuration(Number(ms))),
    suggest: (value) => {
      // 30000 was meant in milliseconds, as in so many other pools.
      const meant = typeof value === 'number' ? `${value}ms` : normalizeDuration(String(value));
      return meant !== undefined && inRange(durationToMs(meant)) ? meant : undefined;
    },
  };
}

const FLAG_WORDS = new Map([
  ...['true', 'yes', 'y', 'on', '1'].map((word) => [word, 'true'] as const),
  ...['false', 'no', 'n', 'off', '0'].map((word) => [word, 'false'] as const),
]);

export function flag(): Kind<boolean> {
  return {
    schema: z.boolean(),
    expected: 'true or false',
    range: 'true, false',
    suggest: (value) => FLAG_WORDS.get(String(value).toLowerCase()),
  };
}

export function choice<const T extends string>(...values: readonly [T, ...T[]]): Kind<T> {
  return {
    schema: z.enum(values),
    expected: `one of ${values.join(', ')}`,
    range: values.join(', '),
    suggest: (value) => (typeof value === 'string' ? closest(value, values) : undefined),
  };
}

/** Not by min() and max(): those look at whatever has a `length`, and throw where that cannot be compared. */
export function textUpTo(most: number): z.ZodType<string> {
  const isMeant = ({ length }: string): boolean => length >= 1 && length <= most;
  return z.string().refine(isMeant).meta({ minLength: 1, maxLength: most });
}

export function text(most: number): Kind<string> {
  return {
    schema: textUpTo(most),
    expected: `a text of 1 to ${most} characters`,
    range: 'text',
    suggest: (value) => (typeof value === 'number' ? `"${value}"` : undefined),
  };
}

export function postgresUrl(): Kind<string> {
  return {
    schema: z.string().regex(POSTGRES_SCHEME).refine(isPostgresUrl),
    expected: 'a URL such as postgres://user:password@host:5432/database',
    range: 'postgres://…',
    describe: (value) => (typeof value === 'string' ? describeBadUrl(value) : describeType(value)),
  };
}
