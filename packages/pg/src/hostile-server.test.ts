import process from 'node:process';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { isLifeguardError, runSession } from '@lifeguard/core';
import { ANSWER, GREETING, HostileServer, frame } from '../test/hostile-server.ts';
import type { Hostility } from '../test/hostile-server.ts';
import { LifeguardPool } from './lifeguard-pool.ts';

const RUNS = Number(process.env['LG_RUNS'] ?? 150);
/** Each run waits for limits of tens of milliseconds; no more runs are begun after this time. */
const LIMIT_MS = process.env['LG_RUNS'] === undefined ? 30_000 : 3_600_000;
const PASSWORD = 'Canary7secret';

/** A message as a server would send it, or nearly: any type, any content, a length that is right, or any. */
const anyMessage = fc
  .tuple(
    fc.oneof(
      fc.constantFrom(...'RSKZTDCENAGHWIdcstn123v'.split('')),
      fc.nat(255).map((code) => String.fromCharCode(code)),
    ),
    fc.uint8Array({ maxLength: 60 }),
    fc.option(
      fc.oneof(fc.constantFrom(0, 1, 3, 4, 5, -1, -2_147_483_648, 2_147_483_647, 65_536), fc.integer()),
      {
        freq: 3,
      },
    ),
  )
  .map(([type, body, length]) => {
    const message = frame(type, body);
    if (length !== null) message.writeInt32BE(length, 1);
    return message;
  });

/** What an honest server says, with messages left out, doubled and put in between, and bytes changed. */
function spoilt(honest: readonly Buffer[]): fc.Arbitrary<Buffer> {
  const messages = fc.array(fc.oneof(fc.constantFrom(...honest), anyMessage), { maxLength: 8 });
  const mostly = fc
    .tuple(fc.nat(honest.length), anyMessage)
    .map(([at, extra]) => [...honest.slice(0, at), extra, ...honest.slice(at)]);
  const changes = fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 3 });
  return fc.tuple(fc.oneof(messages, mostly), changes, fc.option(fc.nat(200))).map(([all, changed, cut]) => {
    const bytes = Buffer.concat(all);
    for (const [at, value] of changed) if (at < bytes.length) bytes[at] = value;
    return cut === null ? bytes : bytes.subarray(0, cut);
  });
}

const hostility: fc.Arbitrary<Hostility> = fc.record(
  { greeting: spoilt(GREETING), answer: spoilt(ANSWER), hangsUp: fc.boolean() },
  { requiredKeys: [] },
);

function poolFor(server: HostileServer): LifeguardPool {
  const pool = new LifeguardPool({
    host: '127.0.0.1',
    port: server.port,
    user: 'me',
    password: PASSWORD,
    database: 'db',
    ssl: false,
    max: 1,
    connectTimeoutMs: 60,
    acquireTimeoutMs: 5_000,
    connectBackoffMs: 1,
    maxConnectBackoffMs: 5,
    closeTimeoutMs: 20,
    lostTimeoutMs: 20,
    logger: { warn: () => undefined, error: () => undefined },
  });
  pool.on('error', () => undefined);
  return pool;
}

test(
  'security rule 4 and robustness: whatever a server sends, nothing is uncaught, the password is not told, and the pool recovers',
  async () => {
    const uncaught: unknown[] = [];
    const note = (error: unknown): void => void uncaught.push(error);
    process.on('uncaughtException', note);
    process.on('unhandledRejection', note);
    onTestFinished(() => {
      process.off('uncaughtException', note);
      process.off('unhandledRejection', note);
    });
    const server = await HostileServer.start();
    const property = fc.asyncProperty(hostility, async (how) => {
      server.hostility = how;
      await using pool = poolFor(server);
      const outcome = await runSession({ timeoutMs: 40 }, () => pool.query('select 1')).catch(
        (error: unknown) => error,
      );
      expect(inspect(outcome, { depth: 9 })).not.toContain(PASSWORD);
      server.hostility = {};
      expect(await answered(pool)).toEqual([{ one: '1' }]);
      expect(JSON.stringify(pool)).not.toContain(PASSWORD);
      expect(uncaught).toEqual([]);
      expect(isLifeguardError(outcome, 'LG_BUG')).toBe(false);
    });
    await fc.assert(property, { numRuns: RUNS, interruptAfterTimeLimit: LIMIT_MS });
  },
  2 * LIMIT_MS + 30_000,
);

/** A connection whose last answer looked right may have the beginning of nonsense behind it: then it ends with the next one. */
function answered(pool: LifeguardPool): Promise<unknown> {
  const ask = (): Promise<unknown> =>
    runSession({ timeoutMs: 10_000 }, async () => (await pool.query('select 1')).rows);
  return ask().catch(ask);
}
