import process from 'node:process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { parseSettings } from './parse-settings.ts';
import { SettingsError } from './settings-error.ts';

const RUNS = Number(process.env['LG_RUNS'] ?? 10_000);
const SECRET = 'Canary7secret';

/** The message of the refusal; empty when there was none. Any other error is passed on. */
function refusal(text: string, env: Record<string, string> = {}): string {
  try {
    parseSettings(text, { env });
    return '';
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    for (const { line, column } of error.problems) {
      expect(line ?? 1).toBeGreaterThan(0);
      expect(column ?? 1).toBeGreaterThan(0);
    }
    return error.message;
  }
}

/** Of the processor and not of the clock: a busy machine makes no input hostile. */
function milliseconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

describe('whatever the text is, there are settings or a SettingsError', () => {
  test('for any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => void refusal(text)));
  });

  test('for a text of pieces of YAML', () => {
    const piece = fc.constantFrom(
      ...[
        'providers',
        'database',
        'pool_size',
        'url',
        ':',
        ': ',
        ' ',
        '  ',
        '\n',
        '\n  ',
        '\n    ',
        '- ',
        '? ',
        '5',
      ],
      ...[
        '{',
        '}',
        '[',
        ']',
        ',',
        '"',
        "'",
        '|',
        '>',
        '|2-',
        '#',
        ' #',
        '&a ',
        '*a',
        '*a ',
        '!',
        '!!int ',
        '!<x>',
      ],
      ...[
        '<<',
        '---\n',
        '...\n',
        '%TAG ',
        '%YAML 1.1\n',
        '${',
        '}',
        '$$',
        '${A}',
        '${A:-',
        '@',
        '`',
        '\\',
        '\t',
        '\r',
      ],
      ...[
        '~',
        'null',
        '.nan',
        '-.inf',
        '0x1F',
        '0o17',
        '1e999',
        '\uFEFF',
        '\u0085',
        '\u2028',
        '\uD800',
        '__proto__',
      ],
    );
    const text = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(text, (joined) => void refusal(joined, { A: '[x' })),
      { numRuns: 3_000 },
    );
  });

  test('for a value that has a length which is no number', () => {
    expect(refusal('{ providers: { database: { name: { length: {} } } } }')).toContain('a text of 1 to');
  });

  test('for any value of any key', () => {
    const key = fc.constantFrom(
      'url',
      'name',
      'pool_size',
      'pool_timeout',
      'pool_recycle',
      'pool_pre_ping',
      'reclaim',
    );
    fc.assert(
      fc.property(key, fc.jsonValue(), (name, value) => {
        refusal(JSON.stringify({ providers: { database: { [name]: value } } }));
      }),
    );
  });

  /** Valid, and with everything that a settings file may have. */
  const VALID = `# how we connect
providers:
  database:
    url: "postgres://me:${SECRET}@db:5432/app?sslmode=require"
    name: 'orders'
    pool_size: ${'$'}{SIZE:-20}
    max_overflow: 5 # bursts
    pool_timeout: 30s
    pool_recycle: 1h
    pool_pre_ping: true
    reclaim: &policy under-pressure
    nested_acquire: warn
`;

  test('for a valid document that was damaged, and what it says has no secret in it', () => {
    expect(refusal(VALID)).toBe('');
    const piece = fc.oneof(
      fc.constantFrom(
        ...[
          '"',
          "'",
          ':',
          ': ',
          '\n',
          '  ',
          '\t',
          '#',
          '{',
          '}',
          '[',
          ']',
          '&a ',
          '*a',
          '!',
          '|',
          '>',
          '-',
          '\\',
        ],
      ),
      fc.constantFrom(...VALID.split(/(?<=\n)/)),
      fc.string({ unit: 'binary', maxLength: 3 }),
    );
    const change = fc.tuple(fc.nat(VALID.length), fc.nat(40), piece);
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const damaged = changes.reduce(
          (text, [at, cut, put]) => text.slice(0, at) + put + text.slice(at + cut),
          VALID,
        );
        expect(refusal(damaged)).not.toContain(SECRET);
      }),
      { numRuns: RUNS },
    );
  });

  test('for any tree', () => {
    const key = fc.oneof(
      fc.constantFrom(
        'providers',
        'database',
        'pool_size',
        'url',
        'name',
        'reclaim',
        '__proto__',
        'constructor',
      ),
      fc.string({ maxLength: 5 }),
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof({ depthSize: 'small' }, fc.anything({ maxDepth: 0 }), tie('list'), tie('section')),
      list: fc.array(tie('tree'), { maxLength: 4 }),
      section: fc.dictionary(key, tie('tree'), { maxKeys: 6, noNullPrototype: true }),
    }));
    fc.assert(
      fc.property(tree, fc.boolean(), (value, isInside) => {
        refusal(stringify(isInside ? { providers: { database: value } } : value) ?? '');
        expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
      }),
      { numRuns: Math.ceil(RUNS / 4) },
    );
  });

  test('for any value of a variable', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        refusal('providers:\n  database:\n    pool_size: ${A}\n    name: "${A}"\n    url: ${A}', {
          A: value,
        });
      }),
    );
  });
});

describe('what would exhaust the process is refused at once', () => {
  const deep = 'nested more than 32 levels deep';

  test.each([
    ['a hundred thousand brackets', '['.repeat(100_000), deep],
    ['a hundred thousand braces', '{a: '.repeat(50_000), deep],
    ['brackets behind a quote', `'": [${'['.repeat(100_000)}`, 'a quote that is never closed'],
    ['a hundred thousand lists in one line', '- '.repeat(100_000), deep],
    ['explicit keys in each other', '? '.repeat(100_000), deep],
    ['sections in each other', Array.from({ length: 600 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'), deep],
    ['sections in one line', 'a: '.repeat(80_000), deep],
    ['more than 256 kB', '#'.repeat(256 * 1024 + 1), 'larger than 256 kB'],
    ['a quarter of a megabyte of keys', lines((i) => `k${i}: 0`), 'unknown key'],
    ['a quarter of a megabyte of one key', lines(() => 'key: 0'), 'duplicate key'],
    ['a list of ten thousands', lines(() => '- 5'), 'more than 20000 values'],
    ['unset variables', lines((i) => `k${i}: \${A}`), 'is not set'],
    ['a quarter of a megabyte of errors', lines((i) => `k${i}: @`), 'needs quotes'],
    ['a value of a quarter of a megabyte', `providers: ${'x'.repeat(250_000)}`, 'got a text'],
    ['references without an end', `name: "${'${'.repeat(120_000)}"`, 'without "}"'],
    ['escaped references', `name: "${'\\x24{}'.repeat(40_000)}"`, 'not a reference'],
    ['anchors', lines((i) => `k${i}: &a${i} 0`), 'unknown key'],
    ['tags', lines((i) => `k${i}: !a 0`), 'a tag'],
    ['blanks', `providers:${' '.repeat(250_000)}x`, 'got a text'],
  ])('%s', (_name, text, message) => {
    let said = '';
    // Some hundred milliseconds at most; what is quadratic takes minutes.
    expect(milliseconds(() => (said = refusal(text)))).toBeLessThan(5_000);
    expect(said).toContain(message);
    expect(said.length).toBeLessThan(50_000);
  });

  test('an alias bomb', () => {
    const levels = Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]`);
    const text = ['a0: &a0 x', ...levels].join('\n');
    expect(milliseconds(() => expect(refusal(text)).toContain('more than 100 aliases'))).toBeLessThan(2_000);
  });

  test('an alias inside of what it names', () => {
    expect(refusal('a: &a [*a]')).toContain(deep);
    expect(refusal('a: &a { b: *a }')).toContain(deep);
  });

  test('but 32 levels are not too deep to be told what is wrong', () => {
    expect(refusal('['.repeat(32) + ']'.repeat(32))).toContain('got a list');
    expect(refusal('['.repeat(33) + ']'.repeat(33))).toContain(deep);
  });

  function lines(line: (index: number) => string): string {
    const all: string[] = [];
    for (let size = 0, i = 0; size < 240_000; i++) size += (all[i] = `${line(i)}\n`).length;
    return all.join('');
  }
});

describe('no key reaches a prototype', () => {
  const names = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf'];

  test.each(names)('%s is an unknown key in every section', (name) => {
    for (const text of [
      `${name}: { polluted: 1 }`,
      `providers: { ${name}: { polluted: 1 } }`,
      `providers: { database: { ${name}: { polluted: 1 } } }`,
    ]) {
      expect(refusal(text)).toContain(`${name}: unknown key`);
    }
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('and the prototype gives no settings', () => {
    const prototype = Object.prototype as Record<string, unknown>;
    prototype['size'] = 666;
    prototype['pool_size'] = 666;
    prototype['url'] = 'postgres://evil/db';
    prototype['DATABASE_URL'] = 'postgres://evil/db';
    try {
      const settings = parseSettings('providers: { database: { name: a } }', { env: {} });
      expect(settings.database.pool.size).toBeUndefined();
      expect(settings.database.url).toBeUndefined();
      expect(settings.origins['providers.database.pool_size']).toBe('default');
    } finally {
      for (const name of ['size', 'pool_size', 'url', 'DATABASE_URL']) delete prototype[name];
    }
  });

  test('settings are frozen and have no prototype', () => {
    const settings = parseSettings('');
    for (const part of [settings, settings.database.pool, settings.origins]) {
      expect(Object.isFrozen(part)).toBe(true);
      expect(Object.getPrototypeOf(part)).toBeNull();
    }
    expect(Object.isFrozen(settings.database)).toBe(true);
  });
});
