import process from 'node:process';
import { inspect } from 'node:util';
import fc from 'fast-check';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { parseConnectionUrl, redactUrl } from '@lifeguard/core/adapter';
import { LifeguardPool } from './lifeguard-pool.ts';

const RUNS = Number(process.env['LG_RUNS'] ?? 3_000);
const CANARY = 'Canary7secret';

/** Reads options as pg does, and opens nothing. */
class Refusing extends pg.Client {}
Object.defineProperty(Refusing.prototype, 'connect', {
  value: (callback: (error: Error) => void) => callback(new Error('refused')),
});

const odd = fc.string({ unit: fc.constantFrom(...'@:/?#%&=[]\\ +.,;aZ19é\n'.split('')), maxLength: 4 });
const word = fc.constantFrom(
  '',
  'me',
  'db.example',
  '127.0.0.1',
  '[::1]',
  'app',
  'a%20b',
  'ü',
  '%2Frun%2Fpg',
);
const encoded = odd.map((text) => encodeURIComponent(text));
const password = fc
  .tuple(fc.oneof(encoded, odd), fc.oneof(encoded, odd))
  .map(([before, after]) => `${before}${CANARY}${after}`);
const parameter = fc
  .tuple(
    fc.constantFrom('password', 'user', 'host', 'port', 'sslmode', 'options', 'application_name', 'x'),
    odd,
    fc.boolean(),
  )
  .map(
    ([name, value, isSecret]) =>
      `${name}=${encodeURIComponent(value)}${isSecret && name === 'password' ? CANARY : ''}`,
  );

/** A connection string, or nearly. */
const connectionString = fc
  .record({
    scheme: fc.constantFrom('postgres://', 'postgresql://', 'postgres:/', 'pg://', 'socket:', ''),
    user: fc.oneof(word, odd),
    password: fc.option(password),
    host: fc.oneof(word, odd),
    port: fc.constantFrom('', ':5432', ':0', ':99999', ':x', ':'),
    database: fc.oneof(word, odd),
    parameters: fc.array(parameter, { maxLength: 3 }),
    end: fc.constantFrom('', '#', '#x', '?'),
  })
  .map((part) => {
    const login = part.password === null ? part.user : `${part.user}:${part.password}`;
    const query = part.parameters.length === 0 ? '' : `?${part.parameters.join('&')}`;
    return `${part.scheme}${login === '' ? '' : `${login}@`}${part.host}${part.port}/${part.database}${query}${part.end}`;
  });

/** What pg makes of it; `undefined` when it refuses it. */
function readByPg(text: string): pg.Client | undefined {
  try {
    return new pg.Client(text);
  } catch {
    return undefined;
  }
}

/** Everything that could be printed. */
function printed(value: unknown): string {
  return [inspect(value, { depth: 9, showHidden: true }), String(value), String(JSON.stringify(value))].join(
    '\n',
  );
}

describe('security: whatever the connection string is', () => {
  test('rule 4: what pg takes for the password is not shown', () => {
    fc.assert(
      fc.property(connectionString, (text) => {
        const secret = readByPg(text)?.password;
        const shown = redactUrl(text);
        if (typeof secret === 'string' && secret.includes(CANARY)) expect(shown).not.toContain(CANARY);
        expect(inspect(new LifeguardPool({ connectionString: text }).options)).toContain(inspect(shown));
      }),
      { numRuns: RUNS },
    );
  });

  test('where we read it as pg does, it is the same place and user', () => {
    let compared = 0;
    fc.assert(
      fc.property(connectionString, (text) => {
        const ours = parseConnectionUrl(text);
        const client = readByPg(text);
        if (ours === undefined || client === undefined || !/^postgres(ql)?:/.test(text)) return;
        // A lone `%` is one to pg, and no part of an address to the standard.
        if (/%(?![0-9a-f]{2})/i.test(text)) return;
        // Parameters go before the rest, as in pg.
        if (['host', 'port', 'user'].some((name) => ours.searchParams.has(name))) return;
        if (ours.host === 'no-host.invalid' || ours.hostname === '') return;
        compared += 1;
        expect(client.host).toBe(decodeURIComponent(ours.hostname.replaceAll(/[[\]]/g, '')));
        if (ours.port !== '') expect(client.port).toBe(Number(ours.port));
        if (ours.username !== '') expect(client.user).toBe(decodeURIComponent(ours.username));
        if (ours.pathname.length > 1) expect(client.database).toBe(decodeURI(ours.pathname.slice(1)));
      }),
      { numRuns: RUNS },
    );
    expect(compared).toBeGreaterThanOrEqual(Math.floor(RUNS / 100));
  });

  test('rule 4: there is a pool, or an error, that does not tell the password', async () => {
    const property = fc.asyncProperty(connectionString, async (text) => {
      const options = { connectionString: text, Client: Refusing, retryConnect: false, max: 1 };
      await using pool = new LifeguardPool(options);
      const known = readByPg(text)?.password;
      const errors = await Promise.all([
        pool.connect().catch((error: unknown) => error),
        pool.lease().catch((error: unknown) => error),
      ]);
      for (const error of errors) expect(error).toBeInstanceOf(Error);
      for (const text of [...errors, pool.snapshot()].map(printed)) expect(text).not.toContain(CANARY);
      if (known?.includes(CANARY) === true) expect(printed(pool.options)).not.toContain(CANARY);
    });
    await fc.assert(property, { numRuns: Math.ceil(RUNS / 10) });
  });

  test('rule 4: nor does the error of a driver that repeats it', async () => {
    class Careless extends pg.Client {
      constructor() {
        super(String(new URL(`postgres://me:${CANARY}/1@db`)));
      }
    }
    const logger = { warn: () => undefined, error: () => undefined };
    await using pool = new LifeguardPool({ Client: Careless, retryConnect: false, logger });
    for (const error of [await rejection(pool.connect()), await rejection(pool.lease())]) {
      expect(printed(error)).toContain('Invalid URL');
      expect(printed(error)).not.toContain(CANARY);
    }
  });
});

function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.unreachable(),
    (error: unknown) => error,
  );
}
