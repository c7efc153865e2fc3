// Security rules 1 and 2: whatever bytes come by the socket, there is a well-formed answer, or none and a closed socket.

import { Buffer } from 'node:buffer';
import { connect } from 'node:net';
import process from 'node:process';
import { expect, it } from 'vitest';
import { seededRandom } from '@lifeguard/core/adapter';
import { makeIdlePool } from '../test/idle-pool.ts';
import { privateDirectory } from '../test/run-application.ts';
import { connectAdmin } from './admin-sockets.ts';
import { serveAdmin } from './serve-admin.ts';

const runs = Number(process.env['LG_RUNS'] ?? 100_000);
const seed = Number(process.env['LG_SEED'] ?? Date.now() % 1_000_000);
/** A frame that is neither answered nor closed within that time hangs. */
const HANGS_MS = 20_000;
/** Below the limit of the server, so that each frame is read. */
const LANES = 3;

const VALID = [
  'GET /v1 HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'GET /v1/snapshot?pool=main HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n',
  'GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'POST /v1/pools/main/evict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}',
  'POST /v1/pools/main/evict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
  'POST /v1/pools/main/evict HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}',
  'GET /v1 HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  'CONNECT localhost:5432 HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  '{"command":"kill"}\n',
];
const SPLICES = [
  '\r\n',
  '\n',
  '\0',
  ' ',
  ':',
  '%00',
  '../',
  'Host: evil.example\r\n',
  'Content-Length: 9\r\n',
  'Content-Length: -1\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Expect: nonsense\r\n',
  'ffffffffffffffff\r\n',
  '\u001b[2J',
  'x'.repeat(9_000),
  '?pool=',
];

function makeFrame(random: () => number): Buffer {
  const below = (limit: number): number => Math.floor(random() * limit);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T;
  if (random() < 0.1) return Buffer.from(Array.from({ length: below(300) }, () => below(256)));
  let frame = Buffer.from(pick(VALID), 'latin1');
  for (let changes = below(4); changes > 0; changes -= 1) {
    const at = below(frame.length + 1);
    const rest = frame.subarray(at + (random() < 0.5 ? below(12) : 0));
    const put = random() < 0.5 ? Buffer.from(pick(SPLICES), 'latin1') : Buffer.from([below(256)]);
    frame = Buffer.concat([frame.subarray(0, at), put, rest]);
  }
  return random() < 0.15 ? Buffer.concat([frame, Buffer.from(pick(VALID), 'latin1')]) : frame;
}

/** What came back until the socket was closed; in two pieces, so that the parser has to wait. */
function send(path: string, frame: Buffer, cutAt: number): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let answer = '';
  const socket = connect({ path, allowHalfOpen: true });
  socket.setTimeout(HANGS_MS, () => {
    socket.destroy();
    reject(new Error('it hangs'));
  });
  socket.on('data', (chunk) => {
    answer += chunk.toString('latin1');
    // Events never end by themselves.
    if (/^content-type: text\/event-stream/im.test(answer)) socket.destroy();
  });
  socket.on('end', () => socket.end());
  socket.on('error', () => undefined);
  socket.on('close', () => resolve(answer));
  socket.write(frame.subarray(0, cutAt));
  socket.end(frame.subarray(cutAt));
  return promise;
}

function expectWellFormed(answer: string): void {
  if (answer === '') return;
  const [head = '', ...rest] = answer.split('\r\n\r\n');
  const [status, ...lines] = head.split('\r\n');
  expect(status).toMatch(/^HTTP\/1\.1 [2-5]\d\d [\w -]+$/);
  for (const line of lines) expect(line).toMatch(/^[\w-]+: [\x20-\x7e]*$/);
  const names = lines.map((line) => line.split(':', 1)[0]?.toLowerCase());
  expect(names).toEqual(
    expect.arrayContaining(['cache-control', 'x-content-type-options', 'content-security-policy']),
  );
  expect(rest.join('\r\n\r\n')).not.toMatch(/^HTTP\/1\.1 /m);
}

it(`security rules 1 and 2: ${runs} frames of rubbish are answered or closed, and the next question is answered`, async () => {
  await using server = await serveAdmin({
    pools: [makeIdlePool('main')],
    allow: ['evict'],
    directory: privateDirectory(),
  });
  const path = server.path ?? '';
  const uncaught: unknown[] = [];
  const note = (error: unknown): void => void uncaught.push(error);
  process.on('uncaughtExceptionMonitor', note);
  let next = 0;
  let answered = 0;
  const lane = async (): Promise<void> => {
    for (let index = next++; index < runs; index = next++) {
      // Each frame has a seed of its own, so that one can be repeated alone.
      const random = seededRandom(seed + index);
      const frame = makeFrame(() => random.next());
      try {
        const answer = await send(path, frame, Math.floor(random.next() * frame.length));
        expectWellFormed(answer);
        if (answer !== '') answered += 1;
      } catch (error) {
        throw new Error(`LG_SEED=${seed + index} LG_RUNS=1: ${JSON.stringify(frame.toString('latin1'))}`, {
          cause: error,
        });
      }
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  process.off('uncaughtExceptionMonitor', note);
  expect(uncaught).toEqual([]);
  // Else it would have tried little but the closing of sockets.
  if (runs >= 100) expect(answered / runs).toBeGreaterThan(0.5);
  const client = await connectAdmin({ path });
  expect(await client.get('/v1/health')).toMatchObject({ status: 'healthy' });
}, 3_600_000);
