import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createDatabase, type TestDatabase } from '@lifeguard/testing';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { linesWithCanary } from '../canary.ts';
import { root } from '../node-process.mjs';
import { Application } from './application.ts';
import { Observer } from './observer.ts';
import { Project } from './project.ts';
import type { ProgramResult } from './run-program.ts';
import { until } from './until.ts';

/** A table, and a request that cannot be answered while nobody can touch it. */
interface Saturation {
  readonly table: string;
  readonly ask?: (url: string) => Promise<Response>;
}

/** What is particular about a template. */
export interface TemplateFacts {
  readonly name: string;
  /** What its application calls itself, and its pool. */
  readonly application: string;
  /** Uses it as its users do, and looks at the answers. */
  use(url: string, observer: Observer): Promise<void>;
  readonly saturation: Saturation;
  /** Its tests find no DATABASE_URL, and start a server of their own. */
  readonly bringsServer?: boolean;
}

/** Two connections, one more for health checks. */
const SMALL = { POOL_SIZE: '2', POOL_OVERFLOW: '1' };

/** What the tests of a template share, there from `beforeAll` on. */
interface Stage {
  readonly project: Project;
  readonly database: TestDatabase;
  readonly observer: Observer;
}

/** All that holds for every template, on a copy outside of this repository, from what would be published. */
export function describeTemplate(facts: TemplateFacts): void {
  describe(`the template ${facts.name}, copied and installed`, () => {
    let stage: Stage | undefined;
    const current = (): Stage => stage as Stage;

    beforeAll(async () => {
      const database = await createDatabase(inject('databaseUrl'));
      const observer = await Observer.open(database.url);
      stage = { database, observer, project: await Project.create(inject('packed'), facts.name) };
    });

    afterAll(async () => {
      const { project, observer, database } = current();
      project[Symbol.dispose]();
      await observer[Symbol.asyncDispose]();
      await database.drop();
    });

    describeCopy(facts, current);
    describeRun(facts, current);
    describeLastRequests(facts.saturation, current);
  });
}

function describeCopy(facts: TemplateFacts, current: () => Stage): void {
  test('names versions that can be had anywhere, and is a project of its own', () => {
    const { project } = current();
    expect(project.created.code, project.created.output).toBe(0);
    const text = readFileSync(join(project.directory, 'package.json'), 'utf8');
    expect(text).not.toMatch(/"(?:workspace|catalog|file|link):/);
    expect(project.manifest.name).toBe('my-app');
    expect(project.manifest.dependencies['@lifeguard/core']).toMatch(/^\^\d/);
    for (const file of ['.gitignore', '.env.example', 'tsconfig.json', 'settings.yaml', 'README.md'])
      expect(existsSync(join(project.directory, file)), file).toBe(true);
  });

  test('installs, compiles, and passes its own tests', async () => {
    const { project } = current();
    const installed = await project.install(inject('packed'));
    expect(installed.code, installed.output).toBe(0);
    const types = await project.run('npm', ['run', 'types']);
    expect(types.code, types.output).toBe(0);
    const env: Readonly<Record<string, string>> =
      facts.bringsServer === true ? {} : { DATABASE_URL: inject('databaseUrl') };
    expectPassed(await project.run('npm', ['test'], env));
  });

  test('passes them on the oldest Node that runs TypeScript as it is', async () => {
    const node22 = join(root, 'test', 'node_modules', 'node22', 'bin', 'node');
    const env = { DATABASE_URL: inject('databaseUrl') };
    expectPassed(await current().project.run(node22, ['--test', 'src/**/*.test.ts'], env));
  });
}

function describeRun(facts: TemplateFacts, current: () => Stage): void {
  test('serves, is seen by the command, goes on when its pool is exhausted, and leaves nothing behind', async () => {
    const { project, database, observer } = current();
    const env = { ...SMALL, DATABASE_URL: database.url, NOTICE_MS: '500' };
    await using application = await Application.start(project, env);
    const { url } = application;
    await facts.use(url, observer);
    expect(await get(url, '/livez')).toMatchObject({ status: 200 });
    expect(await get(url, '/readyz')).toMatchObject({ status: 200 });
    await expectMeasured(url);
    await expectSeen(application, facts);
    expect(application.leftovers()).toEqual({ sockets: [expect.any(String)], processes: true });

    await observer.whileLocked(facts.saturation.table, () => saturate(application, facts));
    await until('it is ready again', async () => (await get(url, '/readyz')).body.includes('"ready"'));
    await facts.use(url, observer);

    application.signal('SIGTERM');
    await until('it says that it is draining', async () => (await get(url, '/readyz')).status === 503);
    expect(await application.exitCode(15_000), application.output).toBe(0);
    expect(application.leftovers()).toEqual({ sockets: [], processes: false });
    expect(linesWithCanary(application.output)).toEqual([]);
    await observer.expectNoBackends();
  });

  test('ends at once at a second signal', async () => {
    const { project, database, observer } = current();
    const env = { ...SMALL, DATABASE_URL: database.url, NOTICE_MS: '60000' };
    await using application = await Application.start(project, env);
    application.signal('SIGTERM');
    await until('it drains', async () => (await get(application.url, '/readyz')).status === 503);
    application.signal('SIGTERM');
    expect(await application.exitCode(5_000)).toBe(143);
    await observer.expectNoBackends();
  });
}

/** For a template that takes requests. */
function describeLastRequests({ table, ask }: Saturation, current: () => Stage): void {
  if (ask === undefined) return;
  test('finishes the requests that run when it is asked to end', async () => {
    const { project, database, observer } = current();
    const env = { ...SMALL, DATABASE_URL: database.url, NOTICE_MS: '0' };
    await using application = await Application.start(project, env);
    const { url } = application;
    let asking: Promise<readonly Response[]> | undefined;
    await observer.whileLocked(table, async () => {
      asking = Promise.all([ask(url), ask(url)]); // As many as there are connections.
      await until('one of them runs', () => observer.isInTheWay());
      application.signal('SIGTERM');
      await until('it takes no more', async () => !(await isListening(url)));
    });
    for (const { status } of (await asking) ?? []) expect(status).toBeLessThan(500);
    expect(await application.exitCode(15_000), application.output).toBe(0);
    await observer.expectNoBackends();
  });
}

function expectPassed({ code, output }: ProgramResult): void {
  expect(output).toMatch(/^(?:#|ℹ) fail 0$/m);
  expect(code, output).toBe(0);
  expect(linesWithCanary(output)).toEqual([]);
}

async function expectMeasured(url: string): Promise<void> {
  const response = await fetch(`${url}/metrics`, { headers: { connection: 'close' } });
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(await response.text()).toMatch(
    /^db_client_connection_max\{db_client_connection_pool_name="main"\} \d/m,
  );
}

async function expectSeen(application: Application, facts: TemplateFacts): Promise<void> {
  const [ps, status] = await Promise.all([application.lifeguard('ps'), application.lifeguard('status')]);
  expect(ps).toMatchObject({ code: 0 });
  expect(ps.output).toContain(facts.application);
  expect(status, status.output).toMatchObject({ code: 0 });
  expect(status.output).toMatch(/pool main\n {2}pool size/);
}

/** While nobody can touch the table: it lives, says how it is, and answers everybody within its limits. */
async function saturate(application: Application, { saturation }: TemplateFacts): Promise<void> {
  const { url } = application;
  const { ask } = saturation;
  const asking = ask === undefined ? [] : Promise.all(Array.from({ length: 8 }, () => ask(url)));
  await until('its connections are in use', async () => {
    const { output } = await application.lifeguard('status');
    return /active +[1-9]/.test(output);
  });
  expect(await get(url, '/livez')).toMatchObject({ status: 200 });
  expect(await get(url, '/readyz')).toMatchObject({ status: 200 });
  await expectMeasured(url);
  const answers = await asking;
  if (ask === undefined) return;
  const turnedAway = answers.filter(({ status }) => status === 503);
  expect(answers.map(({ status }) => status)).toEqual(expect.arrayContaining([503, 504]));
  for (const { headers } of turnedAway) expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
}

async function get(url: string, path: string): Promise<{ readonly status: number; readonly body: string }> {
  const response = await fetch(`${url}${path}`, { headers: { connection: 'close' } });
  return { status: response.status, body: await response.text() };
}

async function isListening(url: string): Promise<boolean> {
  try {
    await get(url, '/livez');
    return true;
  } catch {
    return false;
  }
}
