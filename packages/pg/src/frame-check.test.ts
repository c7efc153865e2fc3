import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ANSWER, GREETING, frame } from '../test/hostile-server.ts';
import { FrameCheck } from './frame-check.ts';

const HONEST: readonly Buffer[] = [
  ...GREETING,
  ...ANSWER,
  frame('E', 'SERROR\0C22P02\0Mno\0\0'),
  frame('N', '\0'),
  frame('A', '\0\0\0\u0007channel\0payload\0'),
  frame('R', '\0\0\0\u000aSCRAM-SHA-256\0SCRAM-SHA-256-PLUS\0\0'),
  frame('D', '\0\u0001\0\0\0\u0003E\0x'),
  frame('T', '\0\0'),
];

function read(chunks: readonly Uint8Array[]): void {
  const check = new FrameCheck();
  for (const chunk of chunks) check.read(chunk);
}

test('what an honest server sends is passed, however it is cut into pieces', () => {
  const all = fc.array(fc.constantFrom(...HONEST), { maxLength: 20 });
  fc.assert(
    fc.property(all, fc.array(fc.nat(300), { maxLength: 10 }), (messages, cuts) => {
      const bytes = Buffer.concat(messages);
      const places = [0, ...cuts.filter((at) => at < bytes.length).sort((a, b) => a - b), bytes.length];
      read(places.slice(1).map((end, index) => bytes.subarray(places[index], end)));
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  ['an error without an end', frame('E', 'SERROR\0Mno')],
  ['an error whose last field ends it', frame('E', 'SERROR\0Mno\0')],
  ['an empty error', frame('E')],
  ['a notice without an end', frame('N', 'Mno')],
  ['a setting without a value', frame('S', 'server_version\0')],
  ['a notification without a payload', frame('A', '\0\0\0\u0007channel\0')],
  ['a tag without an end', frame('C', 'SELECT 1')],
  ['a column without a name', frame('T', '\0\u0001name')],
  ['more columns than there are', frame('T', `\0\u0002a\0${' '.repeat(18)}`)],
  ['a list of mechanisms without an end', frame('R', '\0\0\0\u000aSCRAM-SHA-256\0')],
])('security: %s is refused, where pg would look for its end for ever', (_, message) => {
  expect(() => read([message])).toThrow('ends within a text');
  // Also when bytes of the next message follow, and when it comes in pieces.
  expect(() => read([Buffer.concat([message, frame('Z', 'I')])])).toThrow('ends within a text');
  expect(() => read([...message].map((byte) => Uint8Array.of(byte)))).toThrow('ends within a text');
});

test.each([0, 3, 0x4000_0001, 0xffff_ffff])('a message of the length %d is refused', (length) => {
  const message = frame('D', '');
  message.writeUInt32BE(length, 1);
  expect(() => read([message])).toThrow('impossible length');
});

test('a large row is not kept', () => {
  const check = new FrameCheck();
  const row = frame('D', Buffer.alloc(100_000));
  for (let at = 0; at < row.length; at += 1_000) check.read(row.subarray(at, at + 1_000));
  expect(() => check.read(frame('C', 'x'))).toThrow('ends within a text');
});
