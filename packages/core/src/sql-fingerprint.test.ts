import process from 'node:process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sqlFingerprint } from './sql-fingerprint.ts';

describe('the fingerprint of a statement', () => {
  it.each([
    [
      'keeps the shape and the names',
      'select "Id", o.total from "Order" o',
      'select "Id", o.total from "Order" o',
    ],
    ['collapses space', 'select  a\n\t from   b ', 'select a from b'],
    [
      'replaces strings',
      "select * from t where a = 'x' and b = 'it''s'",
      'select * from t where a = ? and b = ?',
    ],
    ['replaces strings with a prefix', "select b'01', X'ff', n'x', U&'\\0041', e'x'", 'select ?, ?, ?, ?, ?'],
    ['replaces strings with backslashes', "select E'it\\'s', E'\\\\', 'plain\\'", 'select ?, ?, ?'],
    ['replaces dollar quotes', 'select $$a$$, $tag$b $$ c$tag$, d', 'select ?, ?, d'],
    ['replaces numbers', 'select 1, 2.5, .5, 1e-5, 0x1F, 1_000, 5.', 'select ?, ?, ?, ?, ?, ?, ?'],
    ['keeps numbers that are part of a name', 'select t1.c2 from t1', 'select t1.c2 from t1'],
    ['keeps bind parameters', 'select $1, $12', 'select $1, $12'],
    ['keeps a dollar in a name', 'select a$b$c from t', 'select a$b$c from t'],
    ['keeps quotes in a quoted name', 'select "a""b"', 'select "a""b"'],
    ['drops comments', 'select a -- secret\n, b /* secret */ , c', 'select a , b , c'],
    ['drops comments in comments', 'select a /* x /* y */ secret */ , b', 'select a , b'],
    ['makes one of a list of values', 'where a in (1, 2, 3) and b in ($1,$2)', 'where a in (…) and b in (…)'],
    ['makes one of many rows', 'values (1, 2), (3, 4), (5, 6)', 'values (…), …'],
    ['keeps a list of one', 'where a in (1)', 'where a in (?)'],
    ['replaces dollar quotes with a tag of any alphabet', 'select $é$secret$é$, d', 'select ?, d'],
    [
      'keeps no name that looks like a value in wrong quotes',
      'select "bob@example.com", "a\nb", "User Name"',
      'select "?", "?", "User Name"',
    ],
    [
      'drops the rest where a backslash makes it uncertain what is a literal',
      "select a from t where b = 'it\\'s secret' and c = 'd'",
      'select a from t where b = ? …',
    ],
    ['drops the rest behind such a name', 'select "it\\"s secret" from t', 'select "?" …'],
    ['makes space of what cannot be seen', 'select\u00a0a\u202eb\u001bc', 'select a b c'],
    ['ends an open string at the end', "select a, 'secret", 'select a, ?'],
    ['ends an open dollar quote at the end', 'select a, $x$ secret', 'select a, ?'],
    ['ends an open comment at the end', 'select a /* secret /* x */', 'select a'],
    ['hides an open name', 'select "a', 'select "?"'],
    ['of nothing is nothing', '', ''],
    ['keeps operators', 'select a->>b, c::int, d @> e', 'select a->>b, c::int, d @> e'],
    ['keeps other alphabets', 'select größe, 価格 from t', 'select größe, 価格 from t'],
  ])('%s', (_, sql, expected) => {
    expect(sqlFingerprint(sql)).toBe(expected);
  });

  it('is cut where it gets long', () => {
    const shape = sqlFingerprint(
      `select ${Array.from({ length: 100 }, (_, at) => `column_${at}`).join(', ')}`,
    );
    expect(shape).toHaveLength(200);
    expect(shape.endsWith('…')).toBe(true);
  });

  it('is the same for statements that differ in their literals only', () => {
    const of = (id: number, name: string): string =>
      sqlFingerprint(`update t set name = '${name}' where id = ${id}`);
    expect(of(1, 'Ada')).toBe(of(4_711, "O''Neil"));
  });

  const canary = 'Canary7secret';
  const quoted = fc.constantFrom<(text: string) => string>(
    (text) => `'${text}'`,
    (text) => `E'\\'${text}\\\\'`,
    (text) => `e'''${text}'`,
    (text) => `'''${text}'''`,
    (text) => `U&'${text}'`,
    (text) => `$$${text}'$$`,
    (text) => `$a$ $$ ${text} $a$`,
    (text) => `$é1$ ${text} $é1$`,
    (text) => `$\u00a0$ ${text} $\u00a0$`,
    (text) => `'it\\'s ${text}'`,
    (text) => `"it\\"s ${text}"`,
    (text) => `"${text}@example.com"`,
    (text) => `-- ${text}\n`,
    (text) => `/* ' ${text} */`,
    (text) => `/* /* */ ${text} */`,
    (text) => `0x${text}`,
    (text) => `1${text}`,
    (text) => `.5e${text}`,
  );
  const around = fc.constantFrom(
    'select',
    ' ',
    ',',
    '(',
    ')',
    '"Na""me"',
    "''",
    '$1',
    '1.5',
    '-',
    '/',
    '*',
    "E''",
    'é',
    '\n',
    '$$ $$',
    ';',
  );

  it('never lets a literal through, whatever stands around it', () => {
    fc.assert(
      fc.property(
        fc.array(around),
        quoted,
        fc.array(around),
        fc.nat({ max: 30 }),
        (before, quote, after, cut) => {
          // A blank on both sides, so that the literal is one: `a` before `'b'` would make another token of it.
          const sql = `${before.join(' ')} ${quote(canary)} ${after.join(' ')}`;
          expect(sqlFingerprint(sql)).not.toContain('Canary');
          // Cut anywhere behind the canary: the literal is left open, and must stay hidden.
          const open = sql.slice(0, sql.indexOf(canary) + canary.length + (cut % 4));
          expect(sqlFingerprint(open)).not.toContain('Canary');
        },
      ),
      { numRuns: Number(process.env['LG_RUNS'] ?? 2_000) },
    );
  });

  const pieces = fc.array(
    fc.oneof(
      around,
      quoted.map((quote) => quote(canary)),
      fc.string({ unit: 'binary', maxLength: 5 }),
      fc.constantFrom(...'$?"\'\\`().,#…\u00a0\u202e\u001b\ud83d1aEé'.split('')),
    ),
    { maxLength: 80 },
  );

  it('of a fingerprint is that fingerprint', () => {
    fc.assert(
      fc.property(pieces, fc.constantFrom('', ' '), (all, between) => {
        const once = sqlFingerprint(all.join(between));
        expect(sqlFingerprint(once)).toBe(once);
      }),
      { numRuns: Number(process.env['LG_RUNS'] ?? 3_000) },
    );
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        expect(sqlFingerprint(text).length).toBeLessThanOrEqual(200);
      }),
    );
  });

  it.each([
    "'",
    "''",
    "E'\\'",
    '"',
    '$',
    '$a',
    '/*',
    '*/',
    '--',
    '(',
    '(?,',
    '(1,',
    '1,',
    ' ',
    'a',
    '1e',
    '\\',
  ])('is found without reading all of a megabyte of %j', (unit) => {
    const text = unit.repeat(1_000_000 / unit.length);
    for (const sql of [text, `E'${text}`, `$${text}`]) {
      // Nothing behind the first 4,096 characters makes a difference, so that they are all that is read.
      expect(sqlFingerprint(sql)).toBe(sqlFingerprint(`${sql.slice(0, 4_096)}${canary.repeat(10)}`));
      // Of the processor and not of the clock; two hundred times, so that what is quadratic takes minutes.
      const before = process.cpuUsage();
      for (let time = 0; time < 200; time += 1) sqlFingerprint(sql);
      expect(process.cpuUsage(before).user / 1_000).toBeLessThan(10_000);
    }
  });
});
