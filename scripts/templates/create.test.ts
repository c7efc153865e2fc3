import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { runProgram, type ProgramResult } from './run-program.ts';

let place: string;
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'lifeguard-create-'));
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

const create = (...args: readonly string[]): Promise<ProgramResult> =>
  runProgram(process.execPath, [join(inject('packed'), 'package', 'dist', 'bin.js'), ...args], {
    cwd: place,
  });

test('the packed create-lifeguard lists its templates', async () => {
  const { code, output } = await create('--list');
  expect(code).toBe(0);
  expect([...output.matchAll(/^ {2}([\w-]+) +\S/gm)].map(([, name]) => name)).toEqual([
    'batch-worker',
    'express-kysely',
    'fastify-kysely',
    'hono-managed',
  ]);
});

test('it leaves alone what is there, and says so', async () => {
  mkdirSync(join(place, 'mine'));
  writeFileSync(join(place, 'mine', 'notes.txt'), '');
  const { code, output } = await create('mine', '--template', 'batch-worker');
  expect(code).toBe(1);
  expect(output).toContain('notes.txt');
  expect(readdirSync(join(place, 'mine'))).toEqual(['notes.txt']);
});

test('it wants a template that there is', async () => {
  const { code, output } = await create('mine', '--template', '../..');
  expect(code).toBe(64);
  expect(output).toContain('fastify-kysely');
  expect(existsSync(join(place, 'mine'))).toBe(false);
});

test('its templates have their tests, and nothing of this repository', async () => {
  await create('mine', '--template', 'hono-managed');
  const files = (readdirSync(join(place, 'mine'), { recursive: true }) as string[]).sort();
  expect(files).toContain(join('src', 'app.test.ts'));
  expect(files.filter((file) => /node_modules|dist|tsbuildinfo|^\.env$/.test(file))).toEqual([]);
});
