import { describe, expect, test } from 'vitest';
import { parseSettings } from './parse-settings.ts';
import { SettingsError } from './settings-error.ts';

const indent = '    ';

/** A file with these lines in `providers.database`, and what it says. */
function database(lines: readonly string[], env: Record<string, string> = {}) {
  return parseSettings(fileWith(lines), { env });
}

function fileWith(lines: readonly string[]): string {
  return ['providers:', '  database:', ...lines.map((line) => indent + line), ''].join('\n');
}

function messages(text: string, env: Record<string, string> = {}): string[] {
  try {
    parseSettings(text, { env });
  } catch (error) {
    if (error instanceof SettingsError) {
      return error.problems.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`);
    }
    throw error;
  }
  return [];
}

describe('the file of the guide', () => {
  const guide = `providers:
  database:
    # Base pool size - number of persistent connections
    pool_size: 20  # Increased from 10 for better concurrency
    max_overflow: 40
    pool_timeout: 30
    pool_recycle: 1800  # Reduced from 3600 to prevent stale connections
    pool_pre_ping: true
`;

  test('becomes options of the pool, its bare numbers taken as seconds', () => {
    expect(parseSettings(guide).database.pool).toEqual({
      size: 20,
      maxOverflow: 40,
      acquireTimeoutMs: 30_000,
      maxLifetimeMs: 1_800_000,
      prePing: true,
    });
  });

  test('may have CRLF line ends and a byte-order mark', () => {
    const windows = `\uFEFF${guide.replaceAll('\n', '\r\n')}`;
    expect(parseSettings(windows)).toEqual(parseSettings(guide));
  });
});

test('every key becomes the option it stands for', () => {
  const { pool } = database([
    'name: billing',
    'pool_size: 5',
    'max_overflow: 0',
    'min_idle: 2',
    'max_waiting: 100',
    'max_connecting: 2',
    'max_uses: 1000',
    'pool_timeout: 250ms',
    'connect_timeout: 3s',
    'retry_connect: false',
    'pool_recycle: 1.5h',
    'pool_pre_ping: false',
    'keepalive: 0',
    'idle_timeout: 5m',
    'overflow_linger: 0',
    'leak_threshold: 10s',
    'idle_threshold: 5s',
    'monitor_interval: 500ms',
    'reclaim: under-pressure',
    'session_timeout: 10m',
    'drain_timeout: 0.5',
  ]).database;
  expect(pool).toEqual({
    name: 'billing',
    size: 5,
    maxOverflow: 0,
    minIdle: 2,
    maxWaiting: 100,
    maxConnecting: 2,
    maxUses: 1_000,
    acquireTimeoutMs: 250,
    connectTimeoutMs: 3_000,
    retryConnect: false,
    maxLifetimeMs: 5_400_000,
    prePing: false,
    keepaliveMs: 0,
    idleTimeoutMs: 300_000,
    overflowLingerMs: 0,
    leakThresholdMs: 10_000,
    idleThresholdMs: 5_000,
    monitorIntervalMs: 500,
    reclaim: 'under-pressure',
    sessionTimeoutMs: 600_000,
    drainMs: 500,
  });
});

test('pool_recycle: -1 is no limit, as in SQLAlchemy', () => {
  expect(database(['pool_recycle: -1']).database.pool.maxLifetimeMs).toBe(Infinity);
});

test.each(['', '# nothing yet\n', 'providers:\n', 'providers:\n  database:\n    # pool_size: 5\n', '---\n'])(
  'a file that sets nothing (%o) leaves all to the defaults',
  (text) => {
    const settings = parseSettings(text);
    expect(settings.database.pool).toEqual({});
    expect(settings.database.url).toBeUndefined();
    expect(new Set(Object.values(settings.origins))).toEqual(new Set(['default']));
  },
);

test('anchors and aliases may be used', () => {
  expect(database(['leak_threshold: &long 90s', 'idle_threshold: *long']).database.pool).toEqual({
    leakThresholdMs: 90_000,
    idleThresholdMs: 90_000,
  });
});

describe('the URL', () => {
  const url = 'postgres://joe:hunter2@db/app';

  test('of the file goes before that of the environment', () => {
    const { database: result, origins } = database([`url: ${url}`], { DATABASE_URL: 'postgres://other/db' });
    expect(result.url).toBe(url);
    expect(origins['providers.database.url']).toBe('settings.yaml:3:10');
  });

  test('comes from DATABASE_URL when the file has none', () => {
    const { database: result, origins } = parseSettings('', { env: { DATABASE_URL: url } });
    expect(result.url).toBe(url);
    expect(origins['providers.database.url']).toBe('env DATABASE_URL');
  });

  test('is undefined when DATABASE_URL is empty', () => {
    expect(parseSettings('', { env: { DATABASE_URL: '' } }).database.url).toBeUndefined();
  });

  test('of the environment is checked as that of the file is', () => {
    expect(messages('', { DATABASE_URL: 'mysql://joe:hunter2@db/app' })).toEqual([
      'undefined:undefined providers.database.url: expected a URL such as postgres://user:password@host:5432/database, got a URL with the scheme "mysql"',
    ]);
  });
});

describe('a variable', () => {
  test('gives an unquoted value its type', () => {
    const { pool } = database(['pool_size: ${N}', 'pool_pre_ping: ${PING:-false}', 'pool_timeout: ${T}s'], {
      N: '7',
      T: '12',
    }).database;
    expect(pool).toEqual({ size: 7, prePing: false, acquireTimeoutMs: 12_000 });
  });

  test('stays text between quotes', () => {
    expect(database(['name: "${N}"'], { N: '7' }).database.pool.name).toBe('7');
    expect(messages(fileWith(['pool_size: "${N}"']), { N: '7' })).toEqual([
      '3:16 providers.database.pool_size: expected a whole number from 1 to 10000, got the text "7" (from env N), did you mean 7?',
    ]);
  });

  test.each(['[1, 2]', '{ a: b }', '\n    max_overflow: 1', '*anchor', '!!str 5', '&a 5'])(
    'never becomes structure: %o is text',
    (value) => {
      expect(database(['name: ${V}'], { V: value }).database.pool.name).toBe(value);
    },
  );

  test('is named in the origin', () => {
    const { origins } = database(['name: ${A}-${B}', 'pool_size: ${C:-1}'], { A: 'x', B: 'y' });
    expect(origins['providers.database.name']).toBe('settings.yaml:3:11 (env A, B)');
    expect(origins['providers.database.pool_size']).toBe('settings.yaml:4:16');
  });

  test('that is not set is pointed at in the middle of a value', () => {
    expect(messages(fileWith(['name: ${A:-x}-${B}']))).toEqual([
      '3:19 providers.database.name: environment variable B is not set; set it, or give a default: ${B:-value}',
    ]);
  });
});

describe('a value is refused', () => {
  const seconds = 'such as 30s or 5m (a bare number is seconds)';

  test.each([
    ['pool_size: 0', '3:16 providers.database.pool_size: expected a whole number from 1 to 10000, got 0'],
    ['pool_size: 1.5', '3:16 providers.database.pool_size: expected a whole number from 1 to 10000, got 1.5'],
    [
      'pool_size: .nan',
      '3:16 providers.database.pool_size: expected a whole number from 1 to 10000, got NaN',
    ],
    ['pool_size:', '3:15 providers.database.pool_size: expected a whole number from 1 to 10000, got nothing'],
    [
      'pool_size: [5]',
      '3:16 providers.database.pool_size: expected a whole number from 1 to 10000, got a list',
    ],
    [
      'max_overflow: -1',
      '3:19 providers.database.max_overflow: expected a whole number from 0 to 10000, got -1',
    ],
    [
      'pool_timeout: 30000',
      `3:19 providers.database.pool_timeout: expected a duration from 1ms to 1h ${seconds}, got 30000, did you mean 30000ms?`,
    ],
    [
      'pool_timeout: 30 seconds',
      `3:19 providers.database.pool_timeout: expected a duration from 1ms to 1h ${seconds}, got the text "30 seconds", did you mean 30s?`,
    ],
    [
      'pool_recycle: 0',
      `3:19 providers.database.pool_recycle: expected a duration from 1ms to 168h ${seconds}, or -1 for no limit, got 0`,
    ],
    [
      'leak_threshold: 0s',
      `3:21 providers.database.leak_threshold: expected a duration from 1ms to 24h ${seconds}, got the text "0s"`,
    ],
    [
      'session_timeout: -1',
      `3:22 providers.database.session_timeout: expected a duration from 1ms to 24h ${seconds}, got -1`,
    ],
    [
      'reclaim: allways',
      '3:14 providers.database.reclaim: expected one of report, under-pressure, always, got the text "allways", did you mean always?',
    ],
    [
      'pool_pre_ping: yes',
      '3:20 providers.database.pool_pre_ping: expected true or false, got the text "yes", did you mean true?',
    ],
    ['name: ""', '3:11 providers.database.name: expected a text of 1 to 100 characters, got the text ""'],
    [
      'url: ${DATABASE_URL:-}',
      '3:10 providers.database.url: expected a URL such as postgres://user:password@host:5432/database, got nothing',
    ],
  ])('%s', (line, message) => {
    expect(messages(fileWith([line]))).toEqual([message]);
  });

  test('min_idle may not exceed what the pool may hold, defaults counted', () => {
    expect(messages(fileWith(['min_idle: 61']))).toEqual([
      '3:15 providers.database.min_idle: expected at most pool_size + max_overflow (20 + 40), got 61',
    ]);
    expect(messages(fileWith(['pool_size: 60', 'min_idle: 100']))).toEqual([]);
    expect(messages(fileWith(['pool_size: 1', 'min_idle: 2', 'max_overflow: 0']))).toEqual([
      '4:15 providers.database.min_idle: expected at most pool_size + max_overflow (1 + 0), got 2',
    ]);
  });

  test('min_idle is not blamed for a pool_size that is wrong itself', () => {
    expect(messages(fileWith(['pool_size: none', 'min_idle: 100']))).toHaveLength(1);
    expect(messages(fileWith(['pool_size: ${NONE}', 'min_idle: 100']))).toHaveLength(1);
  });
});
