import { z } from 'zod';
import { describeType } from './describe-value.ts';
import { count, flag, textUpTo } from './kind.ts';
import type { Kind } from './kind.ts';

/** Above which value a rule fires, or `false` for never. */
export function limitOrOff(least: number, most: number): Kind<number | false> {
  const { schema, expected, range, suggest } = count(least, most);
  const off = flag();
  return {
    schema: z.union([schema, z.literal(false)]),
    expected: `${expected}, or false`,
    range: `${range}, false`,
    suggest: (value) => suggest?.(value) ?? (off.suggest?.(value) === 'false' ? 'false' : undefined),
  };
}

/** The same, in percent; becomes a share. */
export function percentOrOff(): Kind<number | false> {
  const { expected, ...kind } = limitOrOff(1, 100);
  return {
    ...kind,
    schema: kind.schema.transform((value) => (value === false ? value : value / 100)),
    write: (share) => share !== false && Number((Number(share) * 100).toFixed(9)),
    expected: `${expected} (percent)`,
    suggest: (value) => {
      const text = /^(\d{1,2}) ?%$/.exec(String(value))?.[1];
      if (text !== undefined) return text;
      if (typeof value === 'number' && value > 0 && value < 1) return String(Math.round(value * 100));
      return kind.suggest?.(value);
    },
  };
}

/** An address of the web, which may have a secret anywhere. Of it only scheme and host are shown. */
export function webUrl(): Kind<string> {
  return {
    schema: z.string().refine(isWebUrl),
    expected: 'an address such as https://hooks.example.com/alerts, without user and password',
    range: 'https://…',
    write: (url) => `${new URL(String(url)).origin}/***`,
    describe: (value) => (typeof value === 'string' ? describeBadUrl(value) : describeType(value)),
  };
}

/** A text that is never shown. */
export function secretText(most: number): Kind<string> {
  return {
    schema: textUpTo(most),
    expected: `a text of 1 to ${most} characters`,
    range: 'text',
    write: () => '***',
    describe: (value) => (value === '' ? 'an empty text' : describeType(value)),
  };
}

function isWebUrl(text: string): boolean {
  const url = URL.parse(text);
  return (
    url !== null &&
    (url.protocol === 'https:' || url.protocol === 'http:') &&
    url.username === '' &&
    url.password === ''
  );
}

/** Without repeating it. */
function describeBadUrl(text: string): string {
  if (text === '') return 'an empty text';
  const url = URL.parse(text);
  if (url === null) return 'one that cannot be read';
  const isWeb = url.protocol === 'https:' || url.protocol === 'http:';
  return isWeb ? 'one with a user or password in it' : 'one of another kind';
}
