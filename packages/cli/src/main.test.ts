import { readFileSync } from 'node:fs';
import { systemClock } from '@lifeguard/core';
import { expect, test } from 'vitest';
import { main } from './main.ts';
import { paintFor } from './paint.ts';
import { CLI_VERSION } from './version.ts';

test('a command knows its process only by what it is given', async () => {
  const out: string[] = [];
  const io = {
    stdout: { write: (text: string) => out.push(text) },
    stderr: { write: () => expect.unreachable() },
    env: {},
    isTTY: false,
    columns: 50,
    clock: systemClock,
    terminal: undefined,
    gone: new AbortController().signal,
    endBy: () => expect.unreachable(),
    ask: undefined,
  };
  expect(await main(['explain', 'LG_BUG'], io)).toBe(0);
  expect(out.join('')).toBe(
    'LG_BUG\n\nA state that must not be. This is a defect of\nLifeguard; please report it with the stack.\n',
  );
});

test.each([
  [{ isTTY: true, env: {} }, true],
  [{ isTTY: false, env: {} }, false],
  [{ isTTY: true, env: { NO_COLOR: '1' } }, false],
  [{ isTTY: true, env: { NO_COLOR: '' } }, true],
  [{ isTTY: true, env: { TERM: 'dumb' } }, false],
  [{ isTTY: false, env: { FORCE_COLOR: '1', NO_COLOR: '1' } }, true],
  [{ isTTY: true, env: { FORCE_COLOR: '0' } }, false],
])('whether %j has colours: %s', (io, isColoured) => {
  expect(paintFor(io)('red', 'x') !== 'x').toBe(isColoured);
});

test('the version is that of the package', () => {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  expect(JSON.parse(manifest)).toMatchObject({ version: CLI_VERSION });
});
