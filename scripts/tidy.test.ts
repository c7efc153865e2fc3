// What the house style asks for and no linter checks.

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { RULE_IDS } from '../packages/core/src/advice/recommendation.ts';
import { root } from './node-process.mjs';

// Everything that is or could be committed.
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root })
  .toString()
  .split('\n')
  .filter((file) => file !== '' && existsSync(join(root, file)));
const sources = files.filter((file) => /^packages\/[^/]+\/src\/.*\.ts$/.test(file));
const read = (file: string) => readFileSync(join(root, file), 'utf8');

/** The lines of `among` that match, as `file:line`. */
function places(among: readonly string[], pattern: RegExp): string[] {
  return among.flatMap((file) =>
    read(file)
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}: ${line.trim()}`] : [])),
  );
}

/** Examples in comments import as users do. */
function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
}

describe('every package', () => {
  test.each(readdirSync(join(root, 'packages')))('%s has a README that starts with its name', (name) => {
    const manifest = JSON.parse(read(`packages/${name}/package.json`)) as { name: string };
    expect(read(`packages/${name}/README.md`)).toMatch(new RegExp(`^# ${manifest.name}\n`));
  });
});

describe('core', () => {
  const core = sources.filter((file) => file.startsWith('packages/core/src/') && !file.includes('.test'));

  test('imports only Node and itself', () => {
    const strangers = core.flatMap((file) =>
      [...withoutComments(read(file)).matchAll(/\b(?:from|import)\s*\(?\s*'([^']+)'/g)]
        .map(([, specifier = '']) => specifier)
        .filter((specifier) => !specifier.startsWith('node:') && !isWithin(file, specifier))
        .map((specifier) => `${file} imports ${specifier}`),
    );
    expect(core.length).toBeGreaterThan(0);
    expect(strangers).toEqual([]);
  });

  function isWithin(file: string, specifier: string): boolean {
    const target = resolve(root, dirname(file), specifier);
    return specifier.startsWith('.') && target.startsWith(join(root, 'packages/core/src/'));
  }
});

describe('templates', () => {
  const templates = ['batch-worker', 'express-kysely', 'fastify-kysely', 'hono-managed'];

  test.each(templates)('%s says what it is, and is tested', (name) => {
    const own = files.filter((file) => file.startsWith(`examples/${name}/`));
    for (const file of ['README.md', 'settings.yaml', '.env.example', 'package.json'])
      expect(own).toContain(`examples/${name}/${file}`);
    expect(own.some((file) => file.endsWith('.test.ts'))).toBe(true);
  });

  // Each is complete by itself, so what they share is there several times.
  test.each([
    ['shutdown.ts', templates],
    ['dev.ts', templates],
    ['testing.ts', templates],
    ['close-server.ts', templates.filter((name) => name !== 'batch-worker')],
    ['log.ts', ['kysely-http', ...templates.filter((name) => name !== 'fastify-kysely')]],
    ['problem.ts', ['fastify-kysely', 'hono-managed']],
  ])('%s is the same in all that have it', (file, among) => {
    const versions = among.map((name) => read(`examples/${name}/src/${file}`));
    expect(new Set(versions).size).toBe(1);
  });
});

test('every error code has a heading in docs/errors.md, and every heading there a code', () => {
  const errorFiles = sources.filter((file) => /\/errors?[^/]*\.ts$/.test(file) && !file.includes('.test'));
  const codes = new Set(errorFiles.flatMap((file) => read(file).match(/\bLG_[A-Z][A-Z_]*[A-Z]\b/g) ?? []));
  const headings = [...read('docs/errors.md').matchAll(/^#+ .*?\b(LG_[A-Z_]+)\b/gm)].map(([, code]) => code);
  expect(codes.size).toBeGreaterThan(0);
  expect(new Set(headings)).toEqual(codes);
});

test('every rule of advice has a heading in docs/diagnostics.md, in the order in which they are given', () => {
  const [, rules = ''] = read('docs/diagnostics.md').split('## The rules');
  const headings = [...rules.matchAll(/^### (.+)$/gm)].map(([, rule]) => rule);
  expect(headings).toEqual([...RULE_IDS]);
});

test('nothing in the sources is put off', () => {
  expect(places(sources, /\b(TODO|FIXME|XXX)\b/)).toEqual([]);
});

test('no file names a place on somebody’s machine', () => {
  const literally = [root, join(homedir(), '/')].map((path) =>
    path.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'),
  );
  const pattern = new RegExp(`${literally.join('|')}|/(?:home|Users)/[a-z]+/`);
  expect(places(files, pattern).filter((place) => !place.startsWith('scripts/tidy.test.ts'))).toEqual([]);
});

test('the lockfile names no registry', () => {
  expect(places(['pnpm-lock.yaml'], /https?:\/\/|tarball:/)).toEqual([]);
});
