import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, test, vi } from 'vitest';
import { CANARY_MARK, OutputWatch, linesWithCanary } from './canary.ts';
import { root } from './node-process.mjs';

const secret = `${CANARY_MARK}password`;

describe('a planted secret is found', () => {
  test.each([
    ['as it is', `password=${secret}`],
    ['in a URL', new URL(`postgres://me:${secret}@db`).href],
    ['in JSON', JSON.stringify({ secret })],
    ['in hex', Buffer.from(`me:${secret}`).toString('hex')],
    ['in base64', Buffer.from(secret).toString('base64')],
    ['in base64, one byte later', Buffer.from(`:${secret}`).toString('base64')],
    ['in base64, two bytes later', Buffer.from(`m:${secret}`).toString('base64')],
    ['in base64, three bytes later', Buffer.from(`me:${secret}`).toString('base64')],
  ])('%s', (_, text) => {
    expect(linesWithCanary(`a\n${text}\nb`)).toEqual([text]);
  });

  test('and nothing else is', () => {
    expect(linesWithCanary(`a\nLgCanary\n${Buffer.from('a password').toString('base64')}`)).toEqual([]);
  });
});

describe('everything that a process prints is looked at', () => {
  test.each([
    ['console.log', () => console.log('a text', { of: { an: secret } })],
    ['console.error', () => console.error(new Error(secret))],
    ['stdout', () => process.stdout.write(`${secret}\n`)],
    ['stderr', () => process.stderr.write(Buffer.from(secret))],
    ['a warning', () => process.emitWarning(secret)],
    ['the detail of a warning', () => process.emitWarning('text', { detail: secret })],
    ['a warning that is an error', () => process.emitWarning(new Error(secret))],
  ])('%s', (_, print) => {
    // In place of the real ones, whose output is looked at by the run of the tests as well.
    const spies = [
      ...(['log', 'error'] as const).map((method) => vi.spyOn(console, method).mockReturnValue()),
      vi.spyOn(process.stdout, 'write').mockReturnValue(true),
      vi.spyOn(process.stderr, 'write').mockReturnValue(true),
      vi.spyOn(process, 'emitWarning').mockReturnValue(),
    ];
    const watch = new OutputWatch();
    print();
    const found = watch.takeFound();
    for (const spy of spies) spy.mockRestore();
    expect(found.join()).toContain(secret);
    expect(watch.takeFound()).toEqual([]);
  });
});

test('a secret is planted in the address of the database, for every suite that has one', () => {
  expect(readFileSync(join(root, 'test/postgres.setup.ts'), 'utf8')).toContain(`PASSWORD = '${CANARY_MARK}`);
});
