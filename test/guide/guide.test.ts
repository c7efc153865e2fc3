// Every code block of the guide and of the recipes for data layers is run: programs against a real PostgreSQL, commands against the process that runs them, settings by
// the reader of settings; and what a page says is printed must be printed.

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { parseSettings } from '@lifeguard/config';
import { createDatabase } from '@lifeguard/testing';
import type { TestDatabase } from '@lifeguard/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { describeWith } from '../support/describe-with.ts';
import { startMariaDb } from '../support/mariadb.ts';
import type { MariaDb } from '../support/mariadb.ts';
import { makeModule, offersOf } from './make-module.ts';
import { PageWorld } from './page-world.ts';
import { isAsSaid, readBlocks, sidesOf } from './read-blocks.ts';
import type { Block } from './read-blocks.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Pages of which every block is run; of a folder, or one by one. */
const PAGES = [
  ...readdirSync(join(ROOT, 'docs/guide')).map((name) => join('guide', name)),
  ...['drizzle', 'knex', 'mikro-orm', 'other-databases', 'postgres-js', 'typeorm'].map((name) =>
    join('data-layers', `${name}.md`),
  ),
];
/** What a block is given that is to run on a server of MySQL; it names it. */
const MYSQL_URL = 'MYSQL_URL';
const RUN = join(import.meta.dirname, '.run');
const CONTEXT = readFileSync(join(import.meta.dirname, 'context.ts'), 'utf8');
const OFFERS = offersOf(CONTEXT);

const pages = PAGES.map((name) => ({
  name,
  blocks: readBlocks(readFileSync(join(ROOT, 'docs', name), 'utf8')),
}));

/** The programs of a block, by the name of their file. */
function programsOf({ line, language, text }: Block): [name: string, text: string][] {
  if (language === 'ts') return [[`${line}.ts`, text]];
  if (language !== 'diff') return [];
  const { before, after } = sidesOf(text);
  return [
    [`${line}-before.ts`, before],
    [`${line}-after.ts`, after],
  ];
}

const pathOf = (page: string, program: string): string => join(RUN, page, program);

rmSync(RUN, { recursive: true, force: true });
for (const { name, blocks } of pages) {
  mkdirSync(join(RUN, name), { recursive: true });
  for (const [program, text] of blocks.flatMap(programsOf))
    writeFileSync(pathOf(name, program), makeModule(text, OFFERS, '../../../context.ts'));
}
afterAll(() => rmSync(RUN, { recursive: true }));

it('every program of the guide passes the type checker', () => {
  const config = {
    extends: '../../../tsconfig.check.json',
    compilerOptions: { incremental: false, noUnusedLocals: false, tsBuildInfoFile: null },
    include: ['**/*.ts'],
  };
  writeFileSync(join(RUN, 'tsconfig.json'), JSON.stringify(config));
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', RUN], { encoding: 'utf8' });
  expect(stdout).toBe('');
  expect(status).toBe(0);
});

describe.each(pages)('$name', ({ name, blocks }) => {
  let database: TestDatabase;
  let world: PageWorld;

  beforeAll(async () => {
    database = await createDatabase(inject('databaseUrl'));
    world = new PageWorld(database.url);
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
    await database.drop();
  });

  const runIn = async (place: PageWorld, block: Block): Promise<void> => {
    const { language, text, output } = block;
    let printed = '';
    switch (language) {
      case 'ts':
      case 'diff':
        for (const [program] of programsOf(block)) {
          const result = await place.runModule(pathOf(name, program));
          expect(result.error).toBeUndefined();
          printed += result.output;
        }
        break;
      case 'sh':
        printed = await place.runShell(withoutInstall(text));
        break;
      case 'yaml':
        parseSettings(text, { env: { DATABASE_URL: database.url } });
        place.writeFile('settings.yaml', text);
        break;
      case 'sql':
        await execute(database.url, text);
        break;
      default:
        throw new Error(`nobody runs a block of ${language}`);
    }
    if (output !== undefined && !isAsSaid(printed, output)) expect(printed).toBe(output);
  };

  const onMysql = blocks.filter(({ text }) => text.includes(MYSQL_URL));
  it.each(blocks.filter((block) => !onMysql.includes(block)))('line $line: $language', (block) =>
    runIn(world, block),
  );
  if (onMysql.length === 0) return;
  describeWith('mariadb', 'on MySQL', () => {
    let server: MariaDb;
    let ownWorld: PageWorld;
    beforeAll(async () => {
      server = await startMariaDb();
      ownWorld = new PageWorld(database.url, { [MYSQL_URL]: server.url });
    });
    afterAll(async () => {
      await ownWorld[Symbol.asyncDispose]();
      await server.stop();
    });
    it.each(onMysql)('line $line: $language', (block) => runIn(ownWorld, block));
  });
});

async function execute(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** What is to be installed must be a package of this repository, or of what it is tested with. */
function withoutInstall(commands: string): string {
  return commands.replaceAll(/^npm install (.*)$/gm, (_, names: string) => {
    for (const name of names.split(' ').filter((each) => !each.startsWith('-')))
      expect(KNOWN, 'packages to install').toContain(name);
    return '';
  });
}

const KNOWN = [
  ...readdirSync(join(ROOT, 'packages')).map((name) => `@lifeguard/${name}`),
  ...['kysely', 'pg', 'vitest'],
];
