// Security rules 2, 3 and 7: whatever is asked, there is a well-formed answer.

import process from 'node:process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPrintable } from '@lifeguard/core/adapter';
import { expectSafeHeaders, makeHandler, makePool, TOKEN } from '../test/admin-world.ts';
import { ADMIN_ACTIONS, readArguments } from './admin-action.ts';
import { eventPayload } from './event-payload.ts';
import { ADMIN_EVENTS } from './admin-pool.ts';

const numRuns = Number(process.env['LG_RUNS'] ?? 2_000);
const STATUSES = [200, 400, 401, 403, 404, 405, 413, 414, 415, 421, 501, 503];

const anything = fc.string({ unit: 'binary', maxLength: 60 });
const segment = fc.oneof(
  fc.constantFrom(
    'v1',
    'snapshot',
    'health',
    'audit',
    'metrics',
    'pools',
    'main',
    '..',
    '%2e%2e',
    '',
    '%',
    '%zz',
    '__proto__',
  ),
  fc.constantFrom(...ADMIN_ACTIONS),
  anything,
);
const path = fc
  .tuple(
    fc.oneof(fc.constant('/v1'), fc.constant('')),
    fc.array(segment, { maxLength: 4 }),
    fc.option(fc.tuple(fc.oneof(fc.constant('pool'), anything), anything), { nil: undefined }),
  )
  .map(
    ([start, rest, query]) =>
      start +
      rest.map((each) => `/${each}`).join('') +
      (query === undefined ? '' : `?${query[0]}=${query[1]}`),
  );
const latin = fc.string({
  unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)),
  maxLength: 80,
});
const headers = fc.record(
  {
    host: fc.oneof(fc.constant('localhost'), fc.constant('localhost'), latin),
    authorization: fc.oneof(fc.constant(`Bearer ${TOKEN}`), fc.constant(`Bearer ${TOKEN}`), latin),
    origin: fc.oneof(fc.constant('http://localhost'), latin),
    'sec-fetch-site': fc.oneof(fc.constantFrom('same-origin', 'none', 'cross-site'), latin),
    'content-type': fc.oneof(fc.constant('application/json'), latin),
  },
  { requiredKeys: ['host', 'authorization'] },
);
const body = fc.oneof(fc.json({ maxDepth: 3 }), anything, fc.constant('{"size":3}'), fc.constant('{}'));
const method = fc.constantFrom('GET', 'GET', 'POST', 'POST', 'PUT', 'HEAD', 'OPTIONS', 'DELETE', 'X-Y');

describe('security rule 7: whatever is asked', () => {
  it('is answered with a known status, safe headers, and a reason in one line', async () => {
    const { pool } = makePool();
    const handler = makeHandler({ pools: [pool], allow: ['evict', 'reclaim', 'resize'], maxEventStreams: 1 });
    await fc.assert(
      fc.asyncProperty(method, path, headers, body, async (verb, where, sent, text) => {
        let request: Request;
        try {
          const hasBody = verb !== 'GET' && verb !== 'HEAD';
          request = new Request(`http://localhost${where}`, {
            method: verb,
            headers: sent,
            ...(hasBody ? { body: text } : {}),
          });
        } catch {
          return; // It cannot even be asked.
        }
        const response = await handler(request);
        expectSafeHeaders(response);
        expect(STATUSES).toContain(response.status);
        if (response.headers.get('content-type')?.startsWith('text/event-stream') === true) {
          await response.body?.cancel();
          return;
        }
        const answer = await response.text();
        expect(answer).not.toContain(TOKEN);
        if (response.status < 400) return;
        const { code, message, fix } = JSON.parse(answer) as Record<string, string>;
        expect(code).toMatch(/^[a-z-]+$/);
        for (const line of [message, fix]) {
          expect(isPrintable(line ?? '\n')).toBe(true);
          expect(line?.length).toBeLessThanOrEqual(1_001);
        }
      }),
      { numRuns },
    );
    expect(pool.snapshot().state).toBe('open');
  });

  it('as arguments is numbers with known names, or refused', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ADMIN_ACTIONS),
        fc.oneof(fc.anything(), fc.jsonValue()),
        (action, given) => {
          const read = readArguments(action, given);
          if (typeof read === 'string') return;
          for (const [key, value] of Object.entries(read)) {
            expect(['size', 'maxOverflow']).toContain(key);
            expect(Number.isInteger(value)).toBe(true);
          }
        },
      ),
      { numRuns },
    );
  });

  it('is told of an event, an object comes of it or an error that is caught', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ADMIN_EVENTS), fc.anything(), (event, payload) => {
        try {
          expect(typeof eventPayload(event, payload)).toBe('object');
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError);
        }
      }),
      { numRuns },
    );
  });
});
