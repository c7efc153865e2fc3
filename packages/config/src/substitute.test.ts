import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { substitute } from './substitute.ts';

const env = { HOST: 'db', EMPTY: '', TRICKY: '${HOST} $$ }', UNSET: undefined };

describe('a text', () => {
  test.each([
    ['no reference', 'no reference'],
    ['${HOST}', 'db'],
    ['${env:HOST}', 'db'],
    ['a-${HOST}-${HOST}-z', 'a-db-db-z'],
    ['${EMPTY}', ''],
    ['${EMPTY:-x}', 'x'],
    ['${UNSET:-x y:-z}', 'x y:-z'],
    ['${NONE:-}', ''],
    ['${env:NONE:-d}', 'd'],
    ['${HOST:?must be set}', 'db'],
    ['$$', '$'],
    ['$${HOST}', '${HOST}'],
    ['$$$HOST', '$$HOST'],
    ['5 $ a day', '5 $ a day'],
    ['ends with $', 'ends with $'],
  ])('%s becomes %o', (text, expected) => {
    const { problems, ...result } = substitute(text, env);
    expect(result.text).toBe(expected);
    expect(problems).toEqual([]);
  });

  test('is not looked at again once it came from a variable', () => {
    expect(substitute('${TRICKY}', env).text).toBe('${HOST} $$ }');
  });

  test('tells the variables it was made from', () => {
    expect(substitute('${HOST}:${NONE:-1}:${TRICKY}', env).variables).toEqual(['HOST', 'TRICKY']);
  });
});

describe('a reference is refused', () => {
  const forms = '${NAME}, ${NAME:-default} or ${NAME:?message}';

  test.each([
    ['${NONE}', 'environment variable NONE is not set; set it, or give a default: ${NONE:-value}'],
    ['${UNSET}', 'environment variable UNSET is not set; set it, or give a default: ${UNSET:-value}'],
    ['${NONE:?see the wiki}', 'environment variable NONE is not set: see the wiki'],
    ['${EMPTY:?}', 'environment variable EMPTY is empty'],
    [
      '${constructor}',
      'environment variable constructor is not set; set it, or give a default: ${constructor:-value}',
    ],
    ['${}', `not a reference to a variable; write ${forms}, and $$ for a single $`],
    ['${1A}', `not a reference to a variable; write ${forms}, and $$ for a single $`],
    ['${A-b}', `not a reference to a variable; write ${forms}, and $$ for a single $`],
    ['${A:-${B}}', 'a reference cannot stand inside another one'],
    ['${A', `"\${" without "}"; write ${forms}, and $$ for a single $`],
  ])('%s', (text, message) => {
    expect(substitute(text, env).problems[0]?.message).toBe(message);
  });
});

test('a text is its own escape once each $ is doubled', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('$', '{', '}', 'A', ':', '-', '?') }), (text) => {
      expect(substitute(text.replaceAll('$', '$$$$'), { A: 'b' })).toEqual({
        text,
        variables: [],
        problems: [],
      });
    }),
  );
});

test('a hundred thousand unclosed references take no time', () => {
  const startedAt = performance.now();
  substitute('${'.repeat(100_000), {});
  substitute('${}'.repeat(100_000), {});
  expect(performance.now() - startedAt).toBeLessThan(2_000);
});
